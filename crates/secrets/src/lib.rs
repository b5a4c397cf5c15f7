//! Secret detectors as data, and the pass that runs them.
