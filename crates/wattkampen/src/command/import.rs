//! `import`: history from files into a competition's store, while its service runs or not.
mod args;
mod command_line;
mod remove;
mod whose;

use std::{
    io::{BufRead, IsTerminal, Write},
    path::Path,
};

use competition::{ImportValidator, Standings, Time};
use jiff::tz::TimeZone;
use server::store::{BulkWriter, Importer, StoreError, service_clock};

pub(super) use args::Args;
use args::Common;
use command_line::command_line;

use super::{Failure, output};
use crate::{
    config::Config,
    import::{
        Assignment, Batch, Context, DrySink, ImportError, IntervalSink, LayoutError, NamedLayout,
        Plan, PlanError, Preview, RegisterSink, RowSink, SavedLayouts, Statements, Tally,
        TemperatureSink, ValueKind, identifier, import, path_text,
    },
};

fn failed(error: impl Into<ImportError>) -> Failure {
    Failure::Failed(error.into().into())
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.command.is_none() && !args.remove.is_stated() {
        return Err(Failure::usage(
            "import has nothing to import",
            "name what the files hold, readings or temperature, or take rows back with --remove",
        ));
    }
    if args.command.is_some() && args.remove.is_stated() {
        return Err(Failure::usage(
            "--remove takes rows back, and the command names files to import too",
            "take the rows back first, and import the files with a second command",
        ));
    }
    let config = Config::load(&args.config)?;
    if let Some(removed) = args.remove.run(&config) {
        return removed;
    }
    let Some(command) = &args.command else { return Ok(()) };
    let common = command.common();
    check_zone(common)?;
    let saved = SavedLayouts::beside(&args.config);
    let mut statements = command.statements();
    let mut known = saved.all().map_err(usage)?;
    if let Some(name) = &common.layout {
        let layout = saved.load(name).map_err(usage)?;
        statements = statements.or(&layout.statements);
        known = vec![layout];
    }
    let stated_id = command.stated_id(&config)?;
    let (competition, participants) = (config.competition.clone(), config.participants.clone());
    let now = service_clock(&config.data)?.now();
    let validator = ImportValidator::new(&competition, now);
    let target = Target {
        standings: Standings::new(competition, participants),
        config: &config,
        statements,
        stated_id,
        known,
        common,
        dry_run: common.dry_run || args.remove.dry_run,
        replace: common.replace || args.replace,
        saved,
        temperature: command.is_temperature(),
        validator,
        now,
    };
    let (mut all, mut failures) = (Tally::default(), Vec::new());
    for (at, file) in common.files.iter().enumerate() {
        let imported = target.import(file, at == 0);
        match imported {
            Ok(tally) => {
                output::line(format_args!("{}: {tally}", path_text(file)))?;
                if let Some(warning) = tally.warning() {
                    output::stderr_line(format_args!("WARNING: {}: {warning}", path_text(file)));
                }
                if tally.failed() {
                    failures.push((file, "no row was stored".to_owned()));
                }
                all.add(tally);
            }
            // A single file has the exit code of its failure.
            Err(failure) if common.files.len() == 1 => return Err(failure),
            Err(failure) => {
                output::stderr_line(format_args!("wattkampen: {failure:#}"));
                let text = format!("{failure:#}");
                let reason = text.lines().next().unwrap_or_default();
                let path = format!("{}: ", path_text(file));
                failures.push((file, reason.strip_prefix(&path).unwrap_or(reason).to_owned()));
            }
        }
    }
    if common.files.len() > 1 {
        let taken = common.files.len() - failures.len();
        let were = if taken == 1 { "was" } else { "were" };
        output::line(format_args!("{taken} of {} files {were} imported", common.files.len()))?;
        for (file, reason) in &failures {
            output::line(format_args!("  not {}: {reason}", path_text(file)))?;
        }
    }
    match failures.len() {
        0 => Ok(()),
        1 if common.files.len() == 1 => Err(Failure::failed(
            "no row was stored",
            "the reasons are listed above with the first lines that they are about",
        )),
        count => Err(Failure::failed(
            format!("{count} files were not imported"),
            "the reasons are listed above; the other files are stored",
        )),
    }
}

fn usage(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Usage(error.into())
}

fn check_zone(common: &Common) -> Result<(), Failure> {
    let Some(name) = &common.zone else { return Ok(()) };
    TimeZone::get(name).map(|_| ()).map_err(|_| {
        Failure::usage(
            format!("--zone {name:?} is not a time zone"),
            "write it as in Europe/Stockholm, UTC or Etc/GMT-1 (one hour before UTC all year)",
        )
    })
}

/// The store that every file goes into, and how the files are read.
struct Target<'a> {
    config: &'a Config,
    /// Without readings; they only validate.
    standings: Standings,
    statements: Statements,
    stated_id: Option<&'a str>,
    known: Vec<NamedLayout>,
    common: &'a Common,
    /// Nothing is stored.
    dry_run: bool,
    /// Stored rows give way to those of the files.
    replace: bool,
    saved: SavedLayouts,
    temperature: bool,
    validator: ImportValidator,
    now: Time,
}

impl Target<'_> {
    fn context(&self) -> Context<'_> {
        Context {
            zone: &self.config.competition.timezone,
            meters: if self.temperature { Vec::new() } else { self.meter_ids() },
            meter: self.stated_id,
            most_watts: self.most_watts(),
            temperature: self.temperature,
            range: self.validator.range(),
            saved: self.known.clone(),
        }
    }

    fn import(&self, path: &Path, is_first: bool) -> Result<Tally, Failure> {
        let context = self.context();
        let stem = self.id_of(&identifier(path));
        self.check_stem(path, &stem, &context)?;
        let plan = Plan::new(path, &self.statements, &context).map_err(|error| match error {
            PlanError::Io(error) => Failure::usage(
                format!("{} cannot be read: {error}", path_text(path)),
                "give the path of a CSV file or a workbook",
            ),
            PlanError::Layout(error) => self.refusal(path, &self.with_whose(error, &stem)),
        })?;
        let assignment = if self.temperature {
            let id = self.stated_id.map_or(stem, str::to_owned);
            if !self.is_known(&id) {
                return Err(self.refusal(path, &self.whose(&id)));
            }
            Assignment::one(id)
        } else {
            let assignment = Assignment::new(&plan, &context, &stem);
            let assignment = assignment.map_err(|error| self.refusal(path, &error))?;
            if let Some(id) = assignment.ids.iter().find(|id| !self.is_known(id)) {
                return Err(self.refusal(path, &self.whose(id)));
            }
            assignment
        };
        output::stderr_line(format_args!("{}: {}", path_text(path), plan.layout));
        self.show(path, &plan, &assignment)?;
        if let (Some(name), true, false) = (&self.common.save_layout, is_first, self.dry_run) {
            let saved = self.saved.save(&plan.named(name, self.temperature)).map_err(usage)?;
            output::stderr_line(format_args!("the layout is saved in {}", path_text(&saved)));
        }
        self.store(path, plan, &assignment)
    }

    /// A name that is no id is reported before a long file is read, unless the file itself
    /// can say whose it is.
    fn check_stem(&self, path: &Path, stem: &str, context: &Context<'_>) -> Result<(), Failure> {
        if self.stated_id.is_some() || !path.is_file() {
            return Ok(());
        }
        let by_file = !self.temperature && Plan::may_name_its_meter(path);
        if self.temperature || by_file || context.meters.contains(&stem) {
            return Ok(());
        }
        Err(self.refusal(path, &self.whose(stem)))
    }

    /// Shows the first rows on a terminal and in a dry run, and asks on a terminal.
    fn show(&self, path: &Path, plan: &Plan, assignment: &Assignment) -> Result<(), Failure> {
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if !terminal && !self.dry_run {
            return Ok(());
        }
        let preview = Preview::new(plan, assignment, &self.config.competition.timezone);
        if self.dry_run {
            return output::line(preview);
        }
        output::stderr_line(preview);
        if self.common.yes || plan.is_stated {
            return Ok(());
        }
        let _ = write!(std::io::stderr(), "Is {} read correctly? [y/n] ", path_text(path));
        let _ = std::io::stderr().flush();
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        let answer = answer.trim().to_lowercase();
        if read.is_ok() && ["y", "yes", "j", "ja"].contains(&answer.as_str()) {
            return Ok(());
        }
        Err(Failure::failed(
            format!("{} was not imported", path_text(path)),
            "state with options how the file is read; wattkampen import readings --help lists them",
        ))
    }

    /// What is not clear about a file, with the command for each answer.
    fn refusal(&self, path: &Path, error: &LayoutError) -> Failure {
        let mut hint = error.hint.clone();
        for choice in &error.choices {
            let command = command_line(&choice.option, path, &self.common.files);
            let meaning = if choice.meaning.is_empty() {
                String::new()
            } else {
                format!("  # {}", choice.meaning)
            };
            hint.push_str(&format!("\n    {command}{meaning}"));
        }
        Failure::usage(format!("{}: {}", path_text(path), error.what), hint)
    }

    fn store(&self, path: &Path, plan: Plan, assignment: &Assignment) -> Result<Tally, Failure> {
        let kind = plan.layout.kind;
        let read = |sink: &mut dyn RowSink| import(path, plan, assignment, sink).map_err(failed);
        let meters = || assignment.ids.iter().map(|id| self.config.meter(id));
        if self.dry_run {
            let meters = if self.temperature { Ok(Vec::new()) } else { meters().collect() };
            return read(&mut DrySink { validator: self.validator, meters: meters?, kind });
        }
        match kind {
            ValueKind::Register => match &assignment.ids[..] {
                [id] => self.import_registers(id, read),
                several => Err(Failure::usage(
                    format!("{} has registers of {} meters", path_text(path), several.len()),
                    "import the registers of one meter at a time with --meter ID",
                )),
            },
            ValueKind::Energy => {
                let series = meters().map(|meter| Ok((meter?, Batch::new())));
                let series = series.collect::<Result<_, Failure>>()?;
                let validator = self.validator;
                read(&mut IntervalSink { importer: &mut self.importer()?, validator, series })
            }
            ValueKind::Outdoor => read(&mut TemperatureSink {
                importer: &mut self.importer()?,
                participant: &assignment.ids[0],
                validator: self.validator,
                batch: Batch::new(),
            }),
        }
    }

    fn import_registers(
        &self,
        id: &str,
        read: impl FnOnce(&mut dyn RowSink) -> Result<Tally, Failure>,
    ) -> Result<Tally, Failure> {
        let mut writer = BulkWriter::open(&self.config.data, &self.meter_ids()).map_err(
            |error| match error {
                StoreError::InUse(_) => failed(ImportError::ServiceRunning),
                other => failed(other),
            },
        )?;
        let Some(meter) = self.standings.meter(id) else {
            return self.config.meter(id).map(|_| Tally::default()).map_err(Into::into);
        };
        let after_lock = writer.is_locked().map_err(failed)?.then(Vec::new);
        let tally = read(&mut RegisterSink {
            writer: &mut writer,
            standings: &self.standings,
            id,
            meter,
            now: self.now,
            after_lock,
        });
        writer.close().map_err(failed)?;
        tally
    }

    fn importer(&self) -> Result<Importer, Failure> {
        let importer = Importer::open(&self.config.data, &self.meter_ids(), self.replace);
        let importer = importer.map_err(failed)?;
        if self.replace && importer.is_locked().map_err(failed)? {
            return Err(failed(StoreError::Locked));
        }
        Ok(importer)
    }

    /// The most that the connection of the stated meter carries, or of any meter.
    fn most_watts(&self) -> i64 {
        let all = self.config.meters();
        let stated = all.filter(|meter| self.stated_id.is_none_or(|id| meter.id == id));
        stated.map(|meter| meter.capacity.0).max().unwrap_or(i64::MAX)
    }

    fn meter_ids(&self) -> Vec<&str> {
        self.config.meters().map(|meter| meter.id.as_str()).collect()
    }
}
