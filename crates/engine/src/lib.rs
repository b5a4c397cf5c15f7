//! A scan: collect, parse, check, except, order.
