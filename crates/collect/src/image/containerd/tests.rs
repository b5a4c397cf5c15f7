use super::*;

#[path = "../../../../bolt/tests/support/bolt_file.rs"]
mod bolt_file;

use bolt_file::{Bucket, Node, PAGE_BYTES, bolt_file};

/// A database of version 1 with what an image of a namespace stands for.
fn database(images: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut schema = Bucket::from([("version".to_owned(), Node::Value(vec![6]))]);
    for &(namespace, name, digest) in images {
        let value = |text: &str| Node::Value(text.as_bytes().to_vec());
        let target = Bucket::from([
            ("digest".to_owned(), value(digest)),
            ("mediatype".to_owned(), value("-")),
        ]);
        let image = Bucket::from([
            ("createdat".to_owned(), value("-")),
            ("target".to_owned(), Node::Bucket(target)),
        ]);
        let namespace = schema.entry(namespace.to_owned());
        let Node::Bucket(namespace) = namespace.or_insert(Node::Bucket(Bucket::new())) else {
            panic!("a namespace is a bucket");
        };
        let all = namespace.entry("images".to_owned());
        if let Node::Bucket(all) = all.or_insert(Node::Bucket(Bucket::new())) {
            all.insert(name.to_owned(), Node::Bucket(image));
        }
    }
    bolt_file(&Bucket::from([("v1".to_owned(), Node::Bucket(schema))]))
}

fn digest(of: u8) -> String {
    Digest::new([of; 32]).to_string()
}

#[test]
fn images_are_named_in_namespaces() {
    let bytes = database(&[
        ("k8s.io", "docker.io/library/web:1", &digest(1)),
        ("default", "docker.io/library/web:1", &digest(2)),
        ("default", "other:1", "sha512:00"),
    ]);
    let images = named_images(&bytes).unwrap();
    let images = images.iter().map(|it| {
        let digest = it.digest.map(|digest| digest.to_string());
        (it.namespace, it.name, digest)
    });
    assert_eq!(
        images.collect::<Vec<_>>(),
        [
            ("default", "docker.io/library/web:1", Some(digest(2))),
            ("default", "other:1", None),
            ("k8s.io", "docker.io/library/web:1", Some(digest(1))),
        ]
    );
}

#[test]
fn one_name_may_stand_for_one_image_only() {
    let bytes = database(&[
        ("a", "web:1", &digest(1)),
        ("b", "web:1", &digest(1)),
        ("b", "shop:1", &digest(1)),
        ("c", "shop:1", &digest(2)),
        ("c", "other\n:1", &digest(2)),
    ]);
    let images = named_images(&bytes).unwrap();
    let chosen = |names: &[&str], namespace| {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let wanted = Wanted {
            root: Path::new("root"),
            namespace,
            names: &names,
            platform: None,
        };
        let chosen = choose(&images, &wanted);
        chosen
            .map(|(named, _)| format!("{} {}", named.namespace, named.name))
            .map_err(|error| error.to_string())
    };
    assert_eq!(chosen(&["web:1"], None).unwrap(), "a web:1");
    assert_eq!(chosen(&["none", "web:1"], Some("b")).unwrap(), "b web:1");
    assert_eq!(chosen(&["shop:1"], Some("c")).unwrap(), "c shop:1");
    let error = chosen(&["shop:1"], None).unwrap_err();
    assert!(
        error.contains("different images in the namespaces b, c of the name shop:1"),
        "{error}"
    );
    let error = chosen(&["web:1"], Some("c")).unwrap_err();
    assert_eq!(
        error,
        "root holds no image of the name web:1 in the namespace c; there are\
         \n  a  web:1\n  b  shop:1\n  b  web:1\n  c  other\\n:1\n  c  shop:1"
    );
}

#[test]
fn databases_of_others_and_damaged_ones_are_errors() {
    let other = bolt_file(&Bucket::from([(
        "v2".to_owned(),
        Node::Bucket(Bucket::new()),
    )]));
    assert!(named_images(&other).unwrap_err().contains("bucket v1"));
    let many: Vec<_> = (0..40).map(|at| format!("image:{at}")).collect();
    let digest = digest(3);
    let many: Vec<_> = many
        .iter()
        .map(|name| ("k8s.io", &**name, &*digest))
        .collect();
    let whole = database(&many);
    assert_eq!(named_images(&whole).unwrap().len(), 40);
    for length in (0..whole.len()).step_by(97) {
        assert!(named_images(&whole[..length]).is_err(), "{length}");
    }
    // Any byte may be anything: there is an end, and no digest that is none.
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] = !bytes[at];
        if let Ok(images) = named_images(&bytes) {
            assert!(images.len() <= 40, "{at}");
        }
    }
}

#[test]
fn a_database_that_is_written_meanwhile_is_read_again() {
    let new = database(&[("k8s.io", "web:2", &digest(2))]);
    // Of the transaction before, as the page of the last one is none yet.
    let mut old = database(&[("k8s.io", "web:1", &digest(1))]);
    old[PAGE_BYTES + 40] ^= 1;
    let reads = |all: Vec<&[u8]>| {
        let mut count = 0;
        let read = read_settled(|_| {
            let bytes = all[count % all.len()].to_vec();
            count += 1;
            Ok(bytes)
        });
        (read.map_err(|error| error.to_string()), count)
    };
    assert_eq!(reads(vec![&old]), (Ok(old.clone()), 2));
    assert_eq!(reads(vec![&old, &new, &new, &new]), (Ok(new.clone()), 4));
    // One of the two pages that say where the root is was caught while it was written.
    assert_eq!(reads(vec![b"", &new, &new, &new]), (Ok(new.clone()), 4));
    let (read, count) = reads(vec![&old, &new]);
    assert!(read.unwrap_err().contains("changes faster"));
    assert_eq!(count, 2 * MOST_READS);
    let (read, _) = reads(vec![b"nothing of the kind"]);
    assert!(read.unwrap_err().contains("is no bbolt file"));
}
