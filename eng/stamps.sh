# What is built, where it lies, and whether it is older than its sources. Sourced by every call of the launcher, so it
# starts as few processes as it can.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

# An SDK unpacked into the home folder is found too, by the launcher and by the program's own host.
if ! command -v dotnet >/dev/null && [[ -x ${DOTNET_ROOT:-$HOME/.dotnet}/dotnet ]]; then
    export DOTNET_ROOT=${DOTNET_ROOT:-$HOME/.dotnet}
    PATH=$DOTNET_ROOT:$PATH
fi

# Each libtorch has a build folder of its own: switching between two rebuilds nothing that is already there.
native_build=$root/build/native
if [[ -n ${FIGMENT_LIBTORCH:-} ]]; then
    [[ -d $FIGMENT_LIBTORCH ]] || { echo "figment: FIGMENT_LIBTORCH names no folder: $FIGMENT_LIBTORCH" >&2; exit 1; }
    FIGMENT_LIBTORCH=$(cd -P -- "$FIGMENT_LIBTORCH" && pwd)
    native_build+=-$(printf '%s' "$FIGMENT_LIBTORCH" | cksum | cut -d' ' -f1)
    export FIGMENT_LIBTORCH
    export FIGMENT_NATIVE=${FIGMENT_NATIVE:-$native_build/lib}
fi

program=$root/src/Figment.Cli/bin/Release/net10.0/figment

# A stamp carries the time at which the build that made it began; it lies inside the output, so that removing the output
# removes it too.
stamp_of() {
    case $1 in
        native) echo "$native_build/.stamp" ;;
        program) echo "$root/src/Figment.Cli/bin/Release/.stamp" ;;
        bench) echo "$root/bench/Figment.Bench/bin/Release/.stamp" ;;
        everything) echo "$root/tests/Figment.Architecture.Tests/bin/Release/.stamp" ;;
    esac
}

# is_stale native|program|bench|everything: true when a source is newer than the stamp. Folders count as sources, so a removed
# file is noticed; bin and obj do not.
is_stale() {
    local stamp sources
    stamp=$(stamp_of "$1")
    [[ -e $stamp ]] || return 0
    case $1 in
        # The package's file list, or the library itself, tells of another libtorch in the same place.
        native) sources=("$root/native" "$root/eng/build.sh"
            "${FIGMENT_LIBTORCH:-/nowhere}/lib/libtorch_cpu.so" /var/lib/dpkg/info/libtorch-dev*.list) ;;
        program) sources=("$root/src" "$root"/{Directory.Build.props,Directory.Packages.props,global.json}
            "$root"/eng/{build.sh,precompile.proj}) ;;
        bench) sources=("$root"/{src,bench,Directory.Build.props,Directory.Packages.props,global.json}
            "$root/eng/build.sh") ;;
        everything) sources=("$root"/{src,tests,bench,tools,samples,eng,Figment.slnx,.editorconfig,global.json}
            "$root"/{Directory.Build.props,Directory.Packages.props}) ;;
    esac
    [[ -n $(find "${sources[@]}" \( -name bin -o -name obj -o -name node_modules \) -prune -o \
        -newer "$stamp" -print -quit 2>/dev/null) ]]
}
