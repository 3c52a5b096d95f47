//! `hindsight serve`

use crate::cli::Serve;
use crate::config::Config as Settings;
use crate::home::Home;
use crate::import::Uploads;
use crate::pin::Pins;
use crate::rules_in_force::RulesInForce;
use crate::schema::SCHEMA;
use crate::stores::Stores;
use crate::{Failure, Outcome, composition, interrupt};
use enrich::Enricher;
use server::{Config, Server, State};
use source::Stop;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Between two attempts to make the first user.
const USERS: Duration = Duration::from_secs(5);
/// Between two looks at whether the process is to end.
const TICK: Duration = Duration::from_millis(100);
/// Between two looks at whether databases of addresses have changed.
const REFRESH: Duration = Duration::from_secs(30);
/// Between two rounds of merging small files that no writer looks after.
const MAINTAIN: Duration = Duration::from_secs(300);

/// Serves until Ctrl-C.
pub fn run(command: &Serve, home: &Home, settings: &Settings, quiet: bool) -> Result<Outcome, Failure> {
    let stores = Arc::new(Stores::open_with(home, &settings.packets)?);
    let enricher = composition::enricher_of(command.geo.geo.as_deref(), settings, home)?;
    let stop = Stop::new();
    interrupt::on_signal(&stop)?;
    let node = crate::run::node(command.node.as_deref(), settings);
    refresh(&enricher, &stores, Some(crate::evidence::kept(&settings.evidence, home)), &stop)?;
    let listening = Listening {
        roles: &["viewer"],
        viewer: true,
        listen: command.listen.listen.unwrap_or(settings.viewer.listen),
        allow_remote: command.listen.allow_remote || settings.viewer.allow_remote,
        regression_tests: command.regression_tests,
        node,
        quiet,
    };
    let rules = Arc::new(RulesInForce::of_config(home, &settings.evidence));
    serve(&listening, home, settings, &stores, &enricher, None, rules, &stop)?;
    Ok(Outcome::Done)
}

/// Where the viewer is.
pub struct Listening {
    pub listen: SocketAddr,
    pub allow_remote: bool,
    /// See [`Config::regression_tests`].
    pub regression_tests: bool,
    pub node: String,
    /// What this process is in its fleet.
    pub roles: &'static [&'static str],
    /// Without it only other nodes of the fleet are answered.
    pub viewer: bool,
    pub quiet: bool,
}

/// Serves the viewer and the API until `stop` is set.
#[allow(clippy::too_many_arguments, reason = "the composition root")]
pub fn serve(
    listening: &Listening,
    home: &Home,
    settings: &Settings,
    stores: &Arc<Stores>,
    enricher: &Arc<Enricher>,
    monitor: Option<Arc<dyn server::Monitor>>,
    rules: Arc<RulesInForce>,
    stop: &Stop,
) -> Result<(), Failure> {
    let uploads = Uploads {
        node: listening.node.clone(),
        stores: stores.clone(),
        enricher: enricher.clone(),
        home: home.clone(),
        config: settings.clone(),
    };
    let upload_dir = home.uploads();
    std::fs::create_dir_all(&upload_dir).map_err(|error| format!("{}: {error}", upload_dir.display()))?;
    let config = Config {
        listen: listening.listen,
        allow_remote: listening.allow_remote,
        regression_tests: listening.regression_tests,
        node: listening.node.clone(),
        zone: query::TimeZone::system(),
        upload_dir,
        alert_notices: settings.evidence.alert_notices(),
        links: settings.link.iter().map(crate::config::Link::for_server).collect(),
        user_defaults: settings.user_defaults.clone().into_iter().collect(),
        tls: settings.viewer.tls(),
        hsts: settings.viewer.hsts,
        open_metrics: settings.viewer.open_metrics,
        tls_keys: settings.viewer.tls_keys.clone(),
        cyberchef: settings.viewer.cyberchef.clone(),
        access: settings.viewer.access(crate::secret::of(home)?)?,
        fleet: settings.fleet.for_server(home, listening.roles),
        ..Config::default()
    };
    let pins = Pins { home: home.clone(), stores: stores.clone(), config: settings.clone() };
    let state = State {
        index: stores.index.clone(),
        catalog: stores.catalog.clone(),
        access: stores.access.clone(),
        administration: Some(stores.index.clone()),
        schema: SCHEMA.clone(),
        uploads: Some(Arc::new(uploads)),
        pins: Some(Arc::new(pins)),
        evidence: Some(server::Evidence {
            archive: crate::evidence::archive(&settings.evidence, home)?,
            device: settings.evidence.devid,
            imports: settings.evidence.import_devid,
            rules: Some(rules),
        }),
        monitor,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start the server: {error}"))?;
    runtime.block_on(async {
        let ended = stop.clone();
        let ended = async move {
            while !ended.is_set() {
                tokio::time::sleep(TICK).await;
            }
        };
        if !listening.viewer {
            return Ok(server::serve_nodes(config, state, ended).await.map_err(|error| error.to_string())?);
        }
        let warnings = config.warnings();
        let server = Server::bind(config, state).await.map_err(|error| error.to_string())?;
        let address = server.address().map_err(|error| error.to_string())?;
        for warning in warnings {
            eprintln!("hindsight: {warning}");
        }
        // after the address is taken, so that the password is not shown by a process that cannot serve
        first_user(stores, stop)?;
        if !listening.quiet {
            eprintln!("viewer: {}://{address}", server.scheme());
        }
        server.run(ended).await;
        Ok(())
    })
}

/// Makes the first user where there is none, and shows the password. While a cluster with the users is away, a thread tries again: nobody can log in,
/// but the capture goes on.
fn first_user(stores: &Arc<Stores>, stop: &Stop) -> Result<(), Failure> {
    let make = |stores: &Stores| -> Result<(), index::Error> {
        if let Some(admin) = server::ensure_admin(&*stores.catalog)? {
            eprintln!(
                "first user: {}\npassword: {}\n(shown this once; `hindsight user password` makes a new one)",
                admin.user, admin.password
            );
        }
        Ok(())
    };
    let Err(error) = make(stores) else { return Ok(()) };
    if stores.mirror.is_none() {
        return Err(error.into());
    }
    eprintln!("hindsight: nobody can log in for now: {error}");
    let (stores, stop) = (stores.clone(), stop.clone());
    let again = move || {
        let mut waited = Duration::ZERO;
        while !stop.is_set() {
            std::thread::sleep(TICK);
            waited += TICK;
            if waited.as_millis().is_multiple_of(USERS.as_millis()) && make(&stores).is_ok() {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("first-user".into()).spawn(again);
    thread.map(|_| ()).map_err(|error| Failure::Failed(format!("cannot start a thread: {error}")))
}

/// Takes up databases of addresses that change, merges what writers left behind, and lets old evidence go where no recorder does, while the process
/// lives.
pub fn refresh(
    enricher: &Arc<Enricher>,
    stores: &Arc<Stores>,
    evidence: Option<(PathBuf, evidence::Limits)>,
    stop: &Stop,
) -> Result<(), Failure> {
    let (enricher, stores, stop) = (enricher.clone(), stores.clone(), stop.clone());
    std::thread::Builder::new()
        .name("housekeeping".into())
        .spawn(move || {
            let mut waited = Duration::ZERO;
            while !stop.is_set() {
                std::thread::sleep(TICK);
                waited += TICK;
                if waited.as_millis().is_multiple_of(REFRESH.as_millis())
                    && let Err(error) = enricher.refresh()
                {
                    eprintln!("hindsight: {error}; the databases loaded before stay in use");
                }
                if !waited.as_millis().is_multiple_of(MAINTAIN.as_millis()) {
                    continue;
                }
                if let Err(error) = stores.index.maintain() {
                    eprintln!("hindsight: merging the index: {error}");
                }
                if let Some((folder, limits)) = &evidence {
                    for problem in evidence::expire(folder, limits, SystemTime::now()).problems {
                        eprintln!("hindsight: old evidence: {problem}");
                    }
                }
            }
        })
        .map_err(|error| format!("cannot start a thread: {error}"))?;
    Ok(())
}
