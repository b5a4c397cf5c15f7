//! Secrets, wherever they are written.

mod arguments;
mod base64;
mod literal;
mod long_lived_service_account_token;
mod missing_external_secret_store;
mod mounted_cloud_credential;
mod mutable_secret_or_config_map;
mod plaintext_kubeconfig_credential;
mod plaintext_private_key;
mod plaintext_registry_credential;
mod plaintext_secret_in_annotation;
mod plaintext_secret_in_arguments;
mod plaintext_secret_in_config_map;
mod plaintext_secret_in_environment;
mod plaintext_secret_in_kustomization;
mod plaintext_secret_manifest;
mod scalars;
mod secret_data;
mod secret_in_environment;
mod unencrypted_secrets_at_rest;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &long_lived_service_account_token::LongLivedServiceAccountToken,
    &missing_external_secret_store::MissingExternalSecretStore,
    &mounted_cloud_credential::MountedCloudCredential,
    &mutable_secret_or_config_map::MutableSecretOrConfigMap,
    &plaintext_kubeconfig_credential::PlaintextKubeconfigCredential,
    &plaintext_private_key::PlaintextPrivateKey,
    &plaintext_registry_credential::PlaintextRegistryCredential,
    &plaintext_secret_in_annotation::PlaintextSecretInAnnotation,
    &plaintext_secret_in_arguments::PlaintextSecretInArguments,
    &plaintext_secret_in_config_map::PlaintextSecretInConfigMap,
    &plaintext_secret_in_environment::PlaintextSecretInEnvironment,
    &plaintext_secret_in_kustomization::PlaintextSecretInKustomization,
    &plaintext_secret_manifest::PlaintextSecretManifest,
    &secret_in_environment::SecretInEnvironment,
    &unencrypted_secrets_at_rest::UnencryptedSecretsAtRest,
];
