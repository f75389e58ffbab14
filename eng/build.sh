# Builds what is stale: packages first, then the native bridges, then the managed code. One builder at a time; the
# output goes to a log that is shown only when a step fails. Sourced by the launcher and by eng/test.sh.

say() { printf 'figment: %s\n' "$*" >&2; }

# step <log name> <what is being done> <command...>: runs it with its output in build/logs/<log name>.log.
step() {
    local log=$root/build/logs/$1.log what=$2 began=$SECONDS
    shift 2
    mkdir -p "$root/build/logs"
    say "$what ..."
    # 9 is the build lock: a compiler server that outlives this call must not inherit it.
    if ! "$@" >"$log" 2>&1 9>&-; then
        say "$what: failed. The end of $log:"
        tail -n 40 "$log" >&2
        return 1
    fi
    ((SECONDS - began < 5)) || say "$what: $((SECONDS - began)) s"
}

# build native|program|bench|everything...: builds those that are stale, in the order given.
build() {
    mkdir -p "$root/build"
    exec 9>"$root/build/.lock"
    if ! flock -n 9; then
        say "another build is running here; waiting for it ..."
        flock 9
    fi
    local target stamp began
    for target in "$@"; do
        is_stale "$target" || continue # the build that was waited for may have done it
        stamp=$(stamp_of "$target")
        # What these two make counts as a source, so they come before the stamp's time is taken.
        set_up_once || exit 1
        make_output_folders
        began=$(mktemp "$root/build/.began-XXXXXX")
        "build_$target" || { rm -f "$began"; exit 1; }
        mkdir -p "${stamp%/*}"
        mv "$began" "$stamp"
        if [[ $target == everything ]]; then
            cp -p "$stamp" "$(stamp_of program)"
            cp -p "$stamp" "$(stamp_of bench)"
        fi
    done
    exec 9>&-
}

set_up_once() {
    if [[ -n ${setup_done:-} ]]; then return 0; fi
    source "$root/eng/setup.sh"
    set_up
}

# The birth of bin and obj would make the project folders newer than the stamp.
make_output_folders() {
    local folder
    for folder in "$root"/{src,tests,bench,tools,samples}/*/; do
        if compgen -G "$folder*.csproj" >/dev/null; then mkdir -p "$folder"{bin,obj}; fi
    done
}

build_native() {
    [[ -f $root/native/CMakeLists.txt ]] || return 0
    local generator=()
    if [[ ! -f $native_build/CMakeCache.txt ]] && command -v ninja >/dev/null; then generator=(-G Ninja); fi
    step cmake "configuring the native bridges" cmake -S "$root/native" -B "$native_build" "${generator[@]}" \
        -DCMAKE_BUILD_TYPE=Release -DFIGMENT_LIBTORCH="${FIGMENT_LIBTORCH:-}" || return 1
    step native "building the native bridges" cmake --build "$native_build" --parallel "$(nproc)"
}

build_program() { build_managed program src/Figment.Cli/Figment.Cli.csproj "building Figment" && precompile; }
build_bench() { build_managed bench bench/Figment.Bench/Figment.Bench.csproj "building the benchmarks"; }
build_everything() { build_managed everything Figment.slnx "building Figment and its tests" && precompile; }

build_managed() {
    local log=$1 project=$root/$2 what=$3
    step "restore-$log" "restoring packages" dotnet restore "$project" --locked-mode -v quiet || return 1
    step "build-$log" "$what" dotnet build "$project" -c Release --no-restore -v quiet -nodeReuse:false -warnaserror
}

# Without its package, or where there is none for this machine, the program compiles its code while it starts.
precompile() {
    dotnet msbuild -restore "$root/eng/precompile.proj" -t:Precompile -p:Folder="${program%/*}" -v:quiet -nologo \
        -nodeReuse:false >"$root/build/logs/precompile.log" 2>&1 9>&- ||
        say "could not compile Figment ahead of time: it works, but takes a fifth of a second longer to start"
}
