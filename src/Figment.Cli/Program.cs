using Figment.Cli;
using Figment.Cli.Screen;

return FigmentProgram.Run(args, Terminal.OfProcess());
