//! From the arguments to an ensemble; options that would have no effect are refused.

use anyhow::{Result, bail};
use schur_dynamics::md::{
    CellCoupling, DEFAULT_BAROSTAT_TIME, DEFAULT_FRICTION, DEFAULT_THERMOSTAT_TIME, Ensemble, SimulationOptions,
};
use schur_dynamics::units::GIGAPASCAL;

use crate::args::{CouplingName, EnsembleName, MdArgs, ThermostatName};
use crate::exit::UsageError;

/// The options as the simulation understands them.
///
/// # Errors
/// [`UsageError`] if one is missing or would be ignored.
pub fn meant(args: &MdArgs) -> Result<SimulationOptions> {
    refuse_idle(args)?;
    let temperature = match (args.ensemble, args.temperature) {
        (_, Some(temperature)) => temperature,
        // Only to draw velocities, which the caller asks for if the structure has none.
        (EnsembleName::Nve, None) => 0.0,
        (_, None) => bail!(UsageError("nvt and npt need --temperature".to_owned())),
    };
    let time = args.thermostat_time.unwrap_or(DEFAULT_THERMOSTAT_TIME);
    let ensemble = match (args.ensemble, args.thermostat) {
        (EnsembleName::Nve, _) => Ensemble::Nve,
        (EnsembleName::Nvt, Some(ThermostatName::Langevin)) => {
            Ensemble::Langevin { friction: args.friction.unwrap_or(DEFAULT_FRICTION) }
        }
        (EnsembleName::Nvt, Some(ThermostatName::NoseHoover)) => Ensemble::NoseHoover { time },
        (EnsembleName::Nvt, None | Some(ThermostatName::Csvr)) => Ensemble::Csvr { time },
        (EnsembleName::Npt, _) => Ensemble::Npt {
            pressure: args.pressure.unwrap_or(0.0) / GIGAPASCAL,
            thermostat_time: time,
            barostat_time: args.barostat_time.unwrap_or(DEFAULT_BAROSTAT_TIME),
            coupling: match args.cell {
                None | Some(CouplingName::Isotropic) => CellCoupling::Isotropic,
                Some(CouplingName::Axes) => CellCoupling::Axes,
                Some(CouplingName::Full) => CellCoupling::Full,
            },
        },
    };
    Ok(SimulationOptions { timestep: args.timestep, temperature, ensemble, seed: args.seed })
}

fn refuse_idle(args: &MdArgs) -> Result<()> {
    let is_npt = args.ensemble == EnsembleName::Npt;
    let is_nve = args.ensemble == EnsembleName::Nve;
    let is_langevin = args.thermostat == Some(ThermostatName::Langevin);
    let other_thermostat = args.thermostat.is_some_and(|name| name != ThermostatName::Csvr);
    let rules = [
        (args.pressure.is_some() && !is_npt, "--pressure is for npt"),
        (args.barostat_time.is_some() && !is_npt, "--barostat-time is for npt"),
        (args.cell.is_some() && !is_npt, "--cell is for npt"),
        (args.thermostat.is_some() && is_nve, "nve has no thermostat: leave out --thermostat"),
        (
            args.thermostat_time.is_some() && (is_nve || is_langevin),
            "--thermostat-time is for csvr, nose-hoover and npt",
        ),
        (args.friction.is_some() && !is_langevin, "--friction is for --thermostat langevin"),
        (is_npt && other_thermostat, "npt holds its temperature with csvr: leave out --thermostat"),
    ];
    match rules.into_iter().find(|(broken, _)| *broken) {
        Some((_, text)) => bail!(UsageError(text.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::args::{Cli, Command};

    fn parse(arguments: &str) -> Result<SimulationOptions> {
        let start = ["schur", "md", "a.cif", "--timestep", "2", "--steps", "5", "--ensemble"];
        let cli = Cli::parse_from(start.into_iter().chain(arguments.split(' ')));
        match cli.command {
            Command::Md(args) => meant(&args),
            _ => unreachable!(),
        }
    }

    #[test]
    fn ensembles_are_those_asked_for() {
        assert_eq!(parse("nve").unwrap().ensemble, Ensemble::Nve);
        assert_eq!(parse("nvt --temperature 300").unwrap().ensemble, Ensemble::Csvr { time: 100.0 });
        let langevin = parse("nvt --temperature 300 --thermostat langevin --friction 0.01").unwrap();
        assert_eq!(langevin.ensemble, Ensemble::Langevin { friction: 0.01 });
        let Ensemble::Npt { pressure, .. } = parse("npt --temperature 300 --pressure 160.21766208").unwrap().ensemble
        else {
            panic!("not npt")
        };
        assert!((pressure - 1.0).abs() < 1e-12, "{pressure}");
    }

    #[test]
    fn options_without_effect_are_refused() {
        for arguments in [
            "nvt",
            "nve --thermostat csvr",
            "nve --pressure 1",
            "nvt --temperature 300 --barostat-time 5",
            "nvt --temperature 300 --friction 1",
            "npt --temperature 300 --thermostat langevin",
        ] {
            assert!(parse(arguments).unwrap_err().is::<UsageError>(), "{arguments}");
        }
    }

    /// The help names the defaults, which are another crate's.
    #[test]
    fn help_tells_the_real_defaults() {
        let help = Cli::command().find_subcommand_mut("md").unwrap().render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for (what, value) in [
            ("Friction of langevin, 1/fs", DEFAULT_FRICTION),
            ("Relaxation time of csvr and nose-hoover, fs", DEFAULT_THERMOSTAT_TIME),
            ("Relaxation time of the barostat of npt, fs", DEFAULT_BAROSTAT_TIME),
        ] {
            assert!(help.contains(&format!("{what} [default: {value}]")), "{what}");
        }
    }
}
