using System.CommandLine;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

/// <summary>Prints a script that makes a shell complete verbs, options and values by asking the program
/// itself.</summary>
internal static class CompletionVerb
{
    private const string Bash = """
        # Figment for bash: figment completion bash > ~/.local/share/bash-completion/completions/figment
        _figment() {
            local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]}
            COMPREPLY=($(compgen -W \
                "$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _figment figment ./figment
        """;

    private const string Zsh = """
        #compdef figment
        # Figment for zsh: figment completion zsh > "${fpath[1]}/_figment"
        _figment() {
            local -a words_found
            words_found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -- $words_found
            _files
        }
        compdef _figment figment ./figment
        """;

    private const string Fish = """
        # Figment for fish: figment completion fish > ~/.config/fish/completions/figment.fish
        complete -c figment -a '(begin
            set -l line (commandline -cp)
            figment "[suggest:"(string length -- $line)"]" $line 2>/dev/null
        end)'
        """;

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var verb = new Verb("completion",
            "Print a script that teaches a shell to complete figment's verbs and options.",
            new Example("source <(figment completion bash)", "for this shell"),
            new Example("figment completion fish > ~/.config/fish/completions/figment.fish",
                "for every shell to come")) { shell };
        verb.SetAction(parsed => terminal.Out.WriteLine(parsed.GetValue(shell) switch
        {
            "zsh" => Zsh,
            "fish" => Fish,
            _ => Bash,
        }));
        return verb;
    }
}
