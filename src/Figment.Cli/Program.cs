using Figment.App;
using Figment.Cli;
using Figment.Cli.Screen;

Launch.DieWithLauncher();
return FigmentProgram.Run(args, Terminal.OfProcess());
