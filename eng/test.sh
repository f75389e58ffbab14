# `./figment test`: builds everything, runs every test program and the gates, and closes with one line of counts.
# Sourced by the launcher.

passed=0 failed=0 skipped=0
test_runner=() # what starts a test program elsewhere, as in `chroot folder`

test_usage() {
    cat <<'TEXT'
Usage: ./figment test [--quick] [filter]
       ./figment test --libtorch2 [folder]

Builds everything without a warning, checks the format, and runs every test. The last line is
`N passed, N failed, N skipped`; the exit code is 0 only if none failed.

  --quick   leaves out what is marked slow, and the format check
  filter    runs only the tests whose full name contains this text (no gates)
  --libtorch2  runs the engine's quick tests against Debian trixie's libtorch 2.6 instead; --libtorch2 --help says more

FIGMENT_DATA may name folders with research data sets; tests that lack their input are skipped and say why.
Reports and logs of the last run: build/test-results/.
TEXT
}

run_tests() {
    local quick='' filter='' argument
    if [[ ${1:-} == --libtorch2 ]]; then exec "$root/eng/test-libtorch2.sh" "${@:2}"; fi
    for argument in "$@"; do
        case $argument in
            --quick) quick=yes ;;
            -h | --help) test_usage; exit 0 ;;
            -*) echo "figment test: unknown option $argument (there are --quick and --help)" >&2; exit 2 ;;
            *)
                [[ -z $filter ]] || { echo "figment test: one filter at most, got $filter and $argument" >&2; exit 2; }
                filter=$argument
                ;;
        esac
    done

    source "$root/eng/build.sh"
    results=$root/build/test-results
    rm -rf "$results"
    mkdir -p "$results"

    # In a subshell: a failed build leaves by `exit`, and the counts must still be told.
    if (build native everything); then
        [[ -n $filter ]] || passed=$((passed + 1))
    else
        failed=1
        report_counts
    fi

    if [[ -z $quick && -z $filter ]]; then format_gate; fi
    local project
    for project in "$root"/tests/*.Tests/*.csproj; do
        run_test_program "$(basename "$project" .csproj)" "$quick" "$filter"
    done
    if [[ -n $filter ]] && ((passed + failed + skipped == 0)); then
        echo "figment test: no test's name contains '$filter'" >&2
        failed=1
    fi
    report_counts
}

report_counts() {
    echo "$passed passed, $failed failed, $skipped skipped"
    ((failed == 0)) && exit 0
    exit 1
}

# Whitespace, style and order of the C# sources, as .editorconfig has them. It changes nothing.
format_gate() {
    local log=$results/format.log began=$SECONDS
    if dotnet format "$root/Figment.slnx" --verify-no-changes --no-restore --severity warn >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "format: as .editorconfig has it ($((SECONDS - began)) s)"
    else
        failed=$((failed + 1))
        echo "format: FAILED. \`dotnet format Figment.slnx\` corrects it."
        head -n 20 "$log"
    fi
}

run_test_program() {
    local name=$1 quick=$2 filter=$3 code=0 began=$SECONDS
    local program=$root/tests/$name/bin/Release/net10.0/$name report=$results/$name.xml log=$results/$name.log
    local options=(-noLogo -noColor -noAutoReporters -reporter quiet -xml "$report") limit=7200
    if [[ -n $quick ]]; then
        options+=(-trait- speed=slow)
        limit=600
    fi
    [[ -z $filter ]] || options+=(-method "*$filter*")

    (cd "$root" && exec timeout --kill-after=20 "$limit" "${test_runner[@]}" "$program" "${options[@]}") >"$log" 2>&1 || code=$?
    if (($(wc -l <"$log") > 400)); then
        head -n 200 "$log"
        echo "... the rest is in $log"
    else
        cat "$log"
    fi

    local counts p f e s
    counts=$(grep -o '<assembly [^>]*>' "$report" 2>/dev/null | head -n 1) || true
    p=$(count_of passed "$counts") f=$(count_of failed "$counts") e=$(count_of errors "$counts") s=$(count_of skipped "$counts")
    if [[ -z $counts ]]; then
        # No report: the process crashed, was killed or never began; none of its tests can be called passed.
        f=1
        case $code in
            124 | 137) echo "$name: FAILED. It was stopped after $limit s, before it could report." ;;
            *) echo "$name: FAILED. The test program ended with exit code $code and left no report." ;;
        esac
    elif ((code != 0 && f + e == 0)); then
        f=1
        echo "$name: FAILED. Its tests passed, but the program ended with exit code $code."
    fi
    passed=$((passed + p)) failed=$((failed + f + e)) skipped=$((skipped + s))
    if ((p + f + e + s > 0)); then echo "$name: $p passed, $((f + e)) failed, $s skipped ($((SECONDS - began)) s)"; fi
}

# count_of <attribute> <the report's assembly element>
count_of() {
    local value=${2#* "$1"=\"}
    if [[ $value == "$2" ]]; then echo 0; else echo "${value%%\"*}"; fi
}
