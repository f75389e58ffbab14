# `./figment bench`: builds what the benchmarks need and runs them. Sourced by the launcher.

bench_usage() {
    cat <<'TEXT'
Usage: ./figment bench [NAME...] [options]

Measures Figment beside PyTorch on this machine: PyTorch as Debian installs it, the same with OpenBLAS, and PyTorch with
Figment's own settings. Without names, every benchmark runs (about 25 minutes). Leave the machine alone meanwhile.

  --list            names the benchmarks
  --quick           one short round each: a first look
  --rounds N        exactly N rounds (otherwise up to 5, at least 3, about a minute a benchmark)
  --write           keeps the results in docs/benchmarks/ and renews docs/benchmarks.md
  --install-peers   installs python3-torch if it is missing, and fetches the two other BLAS builds into
                    ~/.cache/figment/peers without installing them
  --help            this text

  ./figment bench overhead    the cost of one call, by BenchmarkDotNet
TEXT
}

run_benchmarks() {
    local argument
    for argument in "$@"; do
        case $argument in
            -h | --help) bench_usage; exit 0 ;;
            --install-peers)
                (($# == 1)) || { echo "figment bench: --install-peers stands alone" >&2; exit 2; }
                source "$root/eng/build.sh"
                source "$root/eng/setup.sh"
                install_peers
                exit 0
                ;;
        esac
    done
    if is_stale native || is_stale program || is_stale bench; then
        source "$root/eng/build.sh"
        build native program bench
    fi
    exec "$root/bench/Figment.Bench/bin/Release/net10.0/Figment.Bench" "$@"
}

# The reference BLAS and the pthread build of OpenBLAS would change which BLAS every program here uses, so they are only
# unpacked; the benchmarks name their folder to one process at a time.
install_peers() {
    local folder=${FIGMENT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/figment}/peers package
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
        say "the peers are Debian's packages python3-torch, python3-pil, libblas3, liblapack3 and libopenblas0-pthread;"
        say "without apt, only a PyTorch for /usr/bin/python3 can be used: install one by hand"
        return 1
    }
    local missing=()
    for package in python3-torch python3-pil; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    if ((${#missing[@]})); then install_debian_packages "${missing[@]}"; fi
    mkdir -p "$folder"
    for package in libblas3 liblapack3 libopenblas0-pthread; do
        if [[ -e $folder/$package.unpacked ]]; then continue; fi
        step "peer-$package" "fetching $package" fetch_package "$package" "$folder" || {
            say "apt could not fetch $package; after \`apt-get update\` it may"
            return 1
        }
    done
    say "the peers are ready in $folder"
}

# fetch_package <name> <folder>: unpacks it there, through a folder of its own so that half an archive is never used.
fetch_package() {
    local at
    at=$(mktemp -d "$2/.fetch-XXXXXX")
    (cd "$at" && apt-get download "$1" && dpkg-deb -x "$1"_*.deb "$2" && touch "$2/$1.unpacked")
    local code=$?
    rm -rf "$at"
    return $code
}
