using Figment.App;
using Figment.Cli;
using Figment.Cli.Screen;

Launch.DieWithLauncher();
return NativeStart.Leave(FigmentProgram.Run(args, Terminal.OfProcess()));
