//! Projects of .NET.

use super::*;

const UNNAMED: &str = "may bring packages that only packages.lock.json names";
const UNPINNED: &str = "name a range of versions, or a property that is set elsewhere";

#[test]
fn projects_of_dotnet_name_what_they_refer_to() {
    let text = r#"<?xml version="1.0"?>
<Project Sdk="Microsoft.NET.Sdk">
  <!-- <PackageReference Include="Old" Version="0.1" /> -->
  <PropertyGroup>
    <TeaVersion>4.0.1</TeaVersion>
    <CupVersion Condition="'$(X)' == ''">1.0</CupVersion>
    <Twice>1.0</Twice>
    <Twice>2.0</Twice>
  </PropertyGroup>
  <Choose><When Condition="true"><PropertyGroup><Chosen>1.0</Chosen></PropertyGroup></When></Choose>
  <ItemGroup Condition="'$(A)' &lt; 'b > c'">
    <PackageReference Include="A" Version="1.0.0" />
    <PackageReference Include='B' Version='[2.0.0]'/>
    <PackageReference Include="C"><Version>3.0.0</Version></PackageReference>
    <PackageReference Include="D" Version="$(teaversion)" />
    <PackageReference Include="E" Version="$(CupVersion)" />
    <PackageReference Include="F" Version="[1.0,2.0)" />
    <PackageReference Include="G" Version="1.*" />
    <PackageReference Include="H" Version="$(Twice)" />
    <PackageReference Include="I" Version="$(Chosen)" />
    <PackageReference Include="J" />
    <PackageReference Remove="K" />
    <PackageVersion Include="L" Version="5.0.0" />
  </ItemGroup>
</Project>"#;
    let packages = [
        "12 A 1.0.0",
        "13 B 2.0.0",
        "14 C 3.0.0",
        "15 D 4.0.1",
        "23 L 5.0.0",
    ];
    let unnamed = format!("12: 10 {UNNAMED}");
    let unpinned = format!("16: 5 {UNPINNED}");
    let mut expected = packages.to_vec();
    expected.extend([&*unnamed, &*unpinned]);
    check(LockFileKind::MsBuild, text, &expected);
    expected.retain(|it| *it != unnamed);
    check(LockFileKind::LockedMsBuild, text, &expected);
}

#[test]
fn damaged_projects_are_told() {
    let check = |text: &str, expected: &[&str]| {
        assert_eq!(told(LockFileKind::LockedMsBuild, text), expected, "{text}");
    };
    check("", &["1! is no XML"]);
    check("<Project />", &[]);
    check(
        "<Project>\n<!-- x",
        &["2! a comment or an instruction does not end"],
    );
    check(
        "<!--><Project/>",
        &["1! a comment or an instruction does not end"],
    );
    check(
        "<Project>\n</ItemGroup>",
        &["2! an element ends that was not begun"],
    );
    check(
        "<Project>\n<PackageVersion Include=\"A\" Version=\"1.0\"/>\n",
        &["2 A 1.0", "3! ends in the middle"],
    );
    check("<Project><A B=\">\"", &["1! an element does not end"]);
    let deep = "<a>".repeat(100);
    check(
        &deep,
        &["1! elements stand more than 64 deep in each other"],
    );
}

#[test]
fn packages_config_names_all() {
    let text = r#"<?xml version="1.0" encoding="utf-8"?>
<packages>
  <package id="A" version="1.0.0" targetFramework="net48" />
  <package id="B" version="2.0.0" developmentDependency="true" />
  <package id="C" />
</packages>"#;
    check(
        LockFileKind::NuGetConfig,
        text,
        &["3 A 1.0.0", "4 B 2.0.0 dev", "5: 1 have no version"],
    );
}
