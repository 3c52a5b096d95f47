//! Sessions and small state in an OpenSearch (2 and newer) or Elasticsearch (7.10 and newer) cluster.
//!
//! Documents have Arkime's `sessions3` shape, in indices by time; a template made of the fields says how each is indexed. [`Store`] answers what a plan
//! means, exactly: where the cluster's answer would only be near, it is asked in another way, and in the end each document is looked at.
//! [`Writer`] puts documents onto the own disk first and sends them as the cluster takes them. [`Clustered`] is the catalogue.

mod administration;
mod aggregate;
mod bulk;
mod catalog;
mod change;
mod client;
mod dsl;
mod foreign;
mod gate;
mod names;
mod options;
mod regexp;
mod search;
mod segments;
mod shape;
mod spool;
mod store;
mod template;
mod tls;
mod writer;

pub use catalog::Clustered;
pub use client::Product;
pub use foreign::{Foreign, ForeignDocument};
pub use options::{Auth, Options, Rotate};
pub use spool::SpoolStatus;
pub use store::Store;
pub use writer::Writer;
