//! Values as conftest 0.71.1 printed them for the same text.

use serde_json::json;

use super::parse;

#[test]
fn xml_has_the_shape_of_json() {
    let text = "<?xml version=\"1.0\"?>\n<bom xmlns=\"http://cyclonedx.org/schema/bom/1.4\" version=\"2\">\n\
        <metadata><tools><tool><name>t</name></tool></tools></metadata>\n\
        <components><component type=\"library\" bom-ref=\"a\"><name>n</name><hashes/>\
        <licenses><license><id>MIT</id></license><expression>A OR B</expression></licenses>\
        <purl>pkg:x/n</purl></component></components>\n\
        <dependencies><dependency ref=\"a\"><dependency ref=\"b\"/></dependency></dependencies>\n</bom>";
    assert_eq!(
        parse(text).unwrap(),
        json!({
            "bomFormat": "", "specVersion": "SpecVersion(0)", "version": 2,
            "metadata": {"tools": [{"name": "t"}]},
            "components": [{
                "type": "library", "bom-ref": "a", "name": "n", "purl": "pkg:x/n",
                "licenses": [{"license": {"id": "MIT"}}, {"expression": "A OR B"}],
            }],
            "dependencies": [{"ref": "a", "dependsOn": ["b"]}],
        })
    );
}

#[test]
fn json_stays_as_it_is() {
    let value = json!({"bomFormat": "CycloneDX", "x": [1]});
    assert_eq!(parse(&value.to_string()).unwrap(), value);
    assert!(parse("[]").is_err());
    assert!(parse("{\"a\": }").is_err());
}

#[test]
fn what_stands_in_no_table_is_refused() {
    let error = parse(
        "<bom version=\"1\">\n<components><component><evidence/></component></components></bom>",
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "2:24: <evidence> is not supported here"
    );
    assert!(parse("<sbom/>").is_err());
    assert!(parse("").is_err());
}
