#!/usr/bin/env python3
"""Builds the image that `ringwall image` and its peers are timed on; needs root, and the network once.

usage: bench/build_image.py [FOLDER]        (default target/bench/image)

Writes FOLDER/full.oci, an OCI layout with gzip layers, the lowest first:

1. Debian 12 minbase with curl, nginx, python3-pip, git, jq and three sets of Java libraries
2. old Python packages                          3. an application of npm with some 430 packages
4. a program of Go with modules                 5. the programs of Go's own toolchain
6. a program of Rust with a list of its crates  7. what the layers before brought, removed
8. made-up secrets and the EICAR test string

and FOLDER/full.docker.tar, the same with layers as they are. What is there already is not built again.
"""

import gzip
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

PYTHON = [
    "requests==2.25.0", "urllib3==1.25.8", "Flask==1.0", "Django==3.2", "Jinja2==2.11.0",
    "certifi==2020.12.5", "idna==2.8", "chardet==3.0.4", "sqlparse==0.4.1", "pytz==2020.1", "setuptools==65.0.0",
]
NPM = {"express": "4.16.0", "webpack": "4.44.0", "mocha": "7.0.0", "lodash": "4.17.15", "handlebars": "4.5.0"}
GO_MOD = """module example.com/shop

go 1.21

require github.com/gin-gonic/gin v1.6.0
"""
GO_MAIN = """package main

import "github.com/gin-gonic/gin"

func main() { gin.Default().Run() }
"""
CARGO = """[package]
name = "shop"
version = "0.1.0"
edition = "2021"

[dependencies]
smallvec = "=1.6.0"
regex = "=1.5.4"
"""
RUST_MAIN = 'fn main() { println!("{}", regex::Regex::new("a").unwrap().is_match("a")); }\n'
# In two parts, so that nobody takes this file for what it writes.
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*"


def run(*words, **options):
    print("+", *map(str, words), file=sys.stderr)
    subprocess.run([str(word) for word in words], check=True, stdout=sys.stderr, **options)


def base(root):
    """Debian as a folder."""
    if not shutil.which("debootstrap"):
        run("apt-get", "install", "-y", "-q", "debootstrap")
    run("debootstrap", "--variant=minbase", "bookworm", root)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    packages = ["curl", "nginx", "python3-pip", "git", "jq", "libjackson2-databind-java", "libcommons-io-java",
                "liblog4j2-java"]
    # No service is to start while packages are installed.
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    run("chroot", root, "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages, env=environment)
    policy.unlink()


def python(root):
    target = root / "usr/local/lib/python3.11/dist-packages"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", target, *PYTHON)


def npm(root):
    folder = root / "srv/app"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"name": "shop", "version": "1.0.0", "dependencies": NPM}))
    run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)


def go(root):
    target = root / "usr/local/bin/shop-api"
    with tempfile.TemporaryDirectory() as source:
        source = pathlib.Path(source)
        (source / "go.mod").write_text(GO_MOD)
        (source / "main.go").write_text(GO_MAIN)
        run("go", "mod", "tidy", cwd=source)
        target.parent.mkdir(parents=True)
        run("go", "build", "-o", target, ".", cwd=source, env=dict(os.environ, CGO_ENABLED="0"))


def go_tools(root):
    goroot = pathlib.Path(subprocess.check_output(["go", "env", "GOROOT"], text=True).strip())
    target = root / "opt/go"
    target.mkdir(parents=True)
    for program in [goroot / "bin/go", *sorted((goroot / "pkg/tool/linux_amd64").iterdir())]:
        if program.is_file():
            shutil.copy(program, target / program.name)


def rust(root):
    if not shutil.which("cargo-auditable"):
        run("cargo", "install", "-q", "cargo-auditable")
    target = root / "usr/local/bin/shop-worker"
    with tempfile.TemporaryDirectory() as source:
        source = pathlib.Path(source)
        (source / "src").mkdir()
        (source / "Cargo.toml").write_text(CARGO)
        (source / "src/main.rs").write_text(RUST_MAIN)
        run("cargo", "auditable", "build", "--release", "--target-dir", source / "target", cwd=source)
        target.parent.mkdir(parents=True)
        shutil.copy(source / "target/release/shop", target)


def removed(root):
    for path in ["srv/app/node_modules/lodash", "usr/local/lib/python3.11/dist-packages/flask",
                 "usr/share/java/commons-io.jar"]:
        path = root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(".wh." + path.name).touch()


def secrets(root):
    folder = root / "app/conf"
    folder.mkdir(parents=True)
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    (folder / ".env").write_text(f"GITHUB_TOKEN={token}\nDB_PASSWORD=Wq8rT2nM5zKp\n")
    (folder / "eicar.txt").write_text(EICAR)


LAYERS = [("debian", base), ("python", python), ("npm", npm), ("go", go), ("go-tools", go_tools), ("rust", rust),
          ("removed", removed), ("secrets", secrets)]


def archive(root, path):
    """A folder as an archive whose bytes do not depend on when it was made."""
    def plain(entry):
        entry.mtime = 0
        return entry
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name in sorted(os.listdir(root)):
            tar.add(root / name, name, filter=plain)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / "target/bench/image"
    folder = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    layers = []
    for name, build in LAYERS:
        tar = folder / f"{name}.tar"
        if not tar.exists():
            root = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))
            # Folders of an image are open to everybody who may enter it.
            root.chmod(0o755)
            build(root)
            part = tar.with_suffix(".part")
            archive(root, part)
            part.rename(tar)
            shutil.rmtree(root)
        layers.append(tar)
    layout = folder / "full.oci"
    if not (layout / "index.json").exists():
        write_layout(layout, layers)
    docker = folder / "full.docker.tar"
    if not docker.exists():
        write_docker(docker, layers)
    size = sum(tar.stat().st_size for tar in layers)
    entries = sum(len(tarfile.open(tar).getnames()) for tar in layers)
    print(f"{layout}: {len(layers)} layers, {size / 1e6:.0f} MB unpacked, {entries} entries")


def config(layers):
    return {"os": "linux", "architecture": "amd64", "config": {"Env": ["PATH=/usr/bin:/bin"]},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(tar) for tar in layers]}}


def write_layout(layout, layers):
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(content, media):
        name = hashlib.sha256(content).hexdigest()
        (blobs / name).write_bytes(content)
        return {"mediaType": media, "digest": "sha256:" + name, "size": len(content)}

    packed = []
    for tar in layers:
        part = blobs / "part"
        with open(part, "wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as out, open(tar, "rb") as source:
            shutil.copyfileobj(source, out, 1 << 20)
        name = digest(part)
        size = part.stat().st_size
        part.rename(blobs / name)
        packed.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + name,
                       "size": size})
    kind = "application/vnd.oci.image.{}.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": kind.format("manifest"),
                "config": blob(json.dumps(config(layers)).encode(), kind.format("config")), "layers": packed}
    index = {"schemaVersion": 2, "manifests": [blob(json.dumps(manifest).encode(), kind.format("manifest"))]}
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout / "index.json").write_text(json.dumps(index))


def write_docker(path, layers):
    part = path.with_suffix(".part")
    with tarfile.open(part, "w") as tar, tempfile.TemporaryDirectory() as folder:
        def text(name, value):
            file = pathlib.Path(folder) / name
            file.write_text(json.dumps(value))
            tar.add(file, name)
        text("config.json", config(layers))
        for layer in layers:
            tar.add(layer, layer.name)
        names = [layer.name for layer in layers]
        text("manifest.json", [{"Config": "config.json", "RepoTags": ["full:1"], "Layers": names}])
    part.rename(path)


if __name__ == "__main__":
    main()
