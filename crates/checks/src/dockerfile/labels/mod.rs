//! Labels of an image.

mod empty_image_label;
mod invalid_image_label_email;
mod invalid_image_label_git_hash;
mod invalid_image_label_key;
mod invalid_image_label_license;
mod invalid_image_label_time;
mod invalid_image_label_url;
mod invalid_image_label_version;
mod label;
mod missing_image_label;
mod spdx;
mod unexpected_image_label;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &empty_image_label::EmptyImageLabel,
    &invalid_image_label_email::InvalidImageLabelEmail,
    &invalid_image_label_git_hash::InvalidImageLabelGitHash,
    &invalid_image_label_key::InvalidImageLabelKey,
    &invalid_image_label_license::InvalidImageLabelLicense,
    &invalid_image_label_time::InvalidImageLabelTime,
    &invalid_image_label_url::InvalidImageLabelUrl,
    &invalid_image_label_version::InvalidImageLabelVersion,
    &missing_image_label::MissingImageLabel,
    &unexpected_image_label::UnexpectedImageLabel,
];
