use crate::{Check, Confidence, Findings, Resource, check};

check! {
    /// ## What it finds
    /// `StorageClasses` whose provisioner encrypts only when it is asked to, and that do not ask: Amazon EBS (`encrypted: "true"`), Alibaba disks, Scaleway, Linode, Rook Ceph RBD, Longhorn, Portworx.
    /// Google and Azure encrypt every disk; of other provisioners and of `PersistentVolumes` nothing can be seen.
    /// An account may encrypt EBS volumes by default; hence the medium confidence.
    ///
    /// ## Why it matters
    /// Whoever gets a snapshot or the disk reads the data.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: storage.k8s.io/v1
    /// kind: StorageClass
    /// metadata:
    ///   name: fast # <-
    /// provisioner: ebs.csi.aws.com
    /// parameters:
    ///   type: gp3
    /// ```
    /// ```yaml fail
    /// apiVersion: storage.k8s.io/v1
    /// kind: StorageClass
    /// metadata:
    ///   name: fast
    /// provisioner: ebs.csi.aws.com
    /// parameters:
    ///   encrypted: "false" # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: storage.k8s.io/v1
    /// kind: StorageClass
    /// metadata:
    ///   name: fast
    /// provisioner: ebs.csi.aws.com
    /// parameters:
    ///   type: gp3
    ///   encrypted: "true"
    /// ```
    /// ```yaml pass
    /// apiVersion: storage.k8s.io/v1
    /// kind: StorageClass
    /// metadata:
    ///   name: fast
    /// provisioner: pd.csi.storage.gke.io
    /// ```
    ///
    /// ## Fix
    /// Set the parameter that makes the provisioner encrypt, for EBS `encrypted: "true"`; existing volumes have to be copied.
    UnencryptedPersistentVolume {
        id: "unencrypted-persistent-volume",
        title: "StorageClass or PersistentVolume without encryption",
        ring: Cloud,
        target: Workload,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

/// Provisioners and the parameter that makes them encrypt.
const PARAMETERS: &[(&str, &str)] = &[
    ("ebs.csi.aws.com", "encrypted"),
    ("ebs.csi.eks.amazonaws.com", "encrypted"),
    ("kubernetes.io/aws-ebs", "encrypted"),
    ("diskplugin.csi.alibabacloud.com", "encrypted"),
    ("csi.scaleway.com", "encrypted"),
    (
        "linodebs.csi.linode.com",
        "linodebs.csi.linode.com/luks-encrypted",
    ),
    ("driver.longhorn.io", "encrypted"),
    ("pxd.portworx.com", "secure"),
    ("kubernetes.io/portworx-volume", "secure"),
];

impl Check for UnencryptedPersistentVolume {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("storage.k8s.io", "StorageClass") {
            return;
        }
        let provisioner = resource.node.str("provisioner").unwrap_or("");
        let known = PARAMETERS.iter().find(|(name, _)| *name == provisioner);
        let parameter = match known {
            Some((_, parameter)) => *parameter,
            // Rook prefixes the driver with the namespace of its operator.
            None if provisioner.ends_with(".rbd.csi.ceph.com") => "encrypted",
            None => return,
        };
        let field = resource.node.path(&["parameters", parameter]);
        if field.is_some_and(|field| field.text().eq_ignore_ascii_case("true")) {
            return;
        }
        let draft = findings.add(Self::META);
        let draft = match field {
            Some(field) => draft.at(field),
            None => draft.missing(resource.place(), "parameters"),
        };
        draft
            .note(format!(
                "makes volumes without encryption: {parameter} is not true"
            ))
            .confidence(Confidence::Medium);
    }
}
