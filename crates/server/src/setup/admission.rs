//! Files for the API server's `ImagePolicyWebhook` plugin.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#imagepolicywebhook>.

use super::{
    Reach, SetupFile, both_ends,
    certificates::CertificateError,
    kubeconfig::{self, kubeconfig, quoted},
};
use crate::{Route, default_paths};

/// What the plugin is told.
#[derive(Clone, Debug)]
pub struct ImagePolicySetup {
    /// How ringwall is reached.
    pub reach: Reach,
    /// The path that takes reviews.
    pub path: String,
    /// How long, in seconds, an image stays admitted without being asked about again: 2 to 1,800.
    pub allow_seconds: u32,
    /// How long, in seconds, an image stays refused: 2 to 1,800.
    pub deny_seconds: u32,
    /// Time before the first repetition of a question, in milliseconds.
    pub retry_millis: u32,
}

/// Makes the files; images are refused while ringwall cannot be reached.
///
/// # Errors
///
/// Where no certificate can be made.
pub fn image_policy(setup: &ImagePolicySetup) -> Result<Vec<SetupFile>, CertificateError> {
    let reach = &setup.reach;
    let configuration = format!(
        "apiVersion: apiserver.config.k8s.io/v1\n\
         kind: AdmissionConfiguration\n\
         plugins:\n\
         - name: ImagePolicyWebhook\n\
         \x20 configuration:\n\
         \x20   imagePolicy:\n\
         \x20     kubeConfigFile: {kubeconfig}\n\
         \x20     # Seconds. A changed verdict reaches the cluster when these are over.\n\
         \x20     allowTTL: {allow}\n\
         \x20     denyTTL: {deny}\n\
         \x20     # Milliseconds.\n\
         \x20     retryBackoff: {retry}\n\
         \x20     # No image runs that nobody looked at.\n\
         \x20     defaultAllow: false\n",
        kubeconfig = quoted(&reach.file(kubeconfig::NAME)),
        allow = setup.allow_seconds,
        deny = setup.deny_seconds,
        retry = setup.retry_millis,
    );
    let flags = format!(
        "# Flags of kube-apiserver. Add the plugin to those that are enabled already, and mount the folder\n\
         # {folder} into its pod, read only.\n\
         --enable-admission-plugins=NodeRestriction,ImagePolicyWebhook\n\
         --admission-control-config-file={configuration}\n\
         # Start ringwall with:\n\
         # ringwall serve --tls-cert tls.crt --tls-key tls.key --client-ca client-ca.crt \\\n\
         #   --require-client-certificate {paths} --client-name {name}\n",
        folder = reach.folder.display(),
        configuration = reach.file("admission-configuration.yaml"),
        paths = paths_of_images(&setup.path),
        name = super::CLIENT_NAME,
    );
    let mut files = both_ends(reach)?;
    files.extend([
        SetupFile::open("admission-configuration.yaml", configuration),
        SetupFile::open(kubeconfig::NAME, kubeconfig(reach, &setup.path)),
        SetupFile::open("apiserver-flags.txt", flags),
    ]);
    Ok(files)
}

/// The paths that tell verdicts about images: this one, and others that do the same as long as no path of one's own
/// takes their place.
fn paths_of_images(path: &str) -> String {
    let served = default_paths();
    let of_images = served.iter().filter(|served| served.route == Route::Images);
    let of_images: Vec<&str> = of_images.map(|served| served.path.as_str()).collect();
    if of_images.contains(&path) {
        of_images.join(",")
    } else {
        path.to_owned()
    }
}
