#!/usr/bin/env bash
# Builds the bridge against the libtorch 2.6 of Debian trixie and runs the engine's tests with it, on any machine that
# can run debootstrap. `./figment test --libtorch2 [folder]` comes here.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)
source "$root/eng/stamps.sh"
source "$root/eng/build.sh"
source "$root/eng/setup.sh"
source "$root/eng/test.sh"

mirror=${FIGMENT_DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages=(g++ cmake ninja-build libtorch-dev libopenblas0-openmp)
wanted=(libgloo-dev) # without it the bridge has no process groups, which the tests of these projects do not need
projects=(Figment.Torch.Tests Figment.Nn.Tests)

usage() {
    cat <<'TEXT'
Usage: ./figment test --libtorch2 [folder]

Makes a Debian trixie system in the folder (default: build/trixie; one that is there is used again), builds the bridge
in it against its libtorch 2.6, and runs the quick engine tests (Figment.Torch.Tests, Figment.Nn.Tests) with it. The .NET
SDK and the checkout are mounted into it from here. The last line is `N passed, N failed, N skipped`.

Needs root, debootstrap, the .NET 10 SDK and, the first time, 2 GB and a Debian mirror (FIGMENT_DEBIAN_MIRROR).
TEXT
}

require() {
    local missing=()
    ((EUID == 0)) || missing+=("root (chroot and mount need it): sudo ./figment test --libtorch2")
    command -v unshare >/dev/null || missing+=("unshare: apt install util-linux")
    [[ -e $folder/usr/bin/dpkg ]] || command -v debootstrap >/dev/null || missing+=("debootstrap: apt install debootstrap")
    if ((${#missing[@]})); then
        say "cannot make a Debian system for the test. Missing:"
        printf 'figment:   %s\n' "${missing[@]}" >&2
        exit 1
    fi
    check_dotnet || exit 1
}

# A bootstrap that was cut off leaves nothing under the folder's own name.
bootstrap() {
    [[ ! -e $folder/usr/bin/dpkg ]] || return 0
    [[ ! -e $folder ]] || rmdir "$folder" 2>/dev/null || { say "$folder is there but holds no Debian system"; exit 1; }
    mkdir -p "${folder%/*}"
    rm -rf --one-file-system "$folder.part"
    step debootstrap "making a Debian trixie system in $folder" \
        debootstrap --variant=minbase --include=ca-certificates trixie "$folder.part" "$mirror" ||
        { rm -rf --one-file-system "$folder.part"; exit 1; }
    mv "$folder.part" "$folder"
}

# The mounts live in this process's mount namespace (see the end): the kernel takes them away with it, however it ends.
mount_all() {
    local path
    mount -t proc proc "$folder/proc"
    for path in "$root" "$dotnet"; do
        mkdir -p "$folder$path"
        mount --bind "$path" "$folder$path"
    done
    # The network's names may have changed since the system was made.
    if [[ -e /etc/resolv.conf ]]; then cat /etc/resolv.conf >"$folder/etc/resolv.conf"; fi
}

inside() { chroot "$folder" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"; }

# missing_there <package...>: those that are not installed in the folder, a name a line.
missing_there() {
    local states package
    states=$(inside dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do grep -qxF "$package installed" <<<"$states" || echo "$package"; done
}

install_packages() {
    local missing optional
    mapfile -t missing < <(missing_there "${packages[@]}")
    mapfile -t optional < <(missing_there "${wanted[@]}")
    ((${#missing[@]} + ${#optional[@]})) || return 0
    local apt=(inside DEBIAN_FRONTEND=noninteractive apt-get)
    local install=("${apt[@]}" -o Dpkg::Options::=--force-unsafe-io install -y --no-install-recommends)
    step trixie-update "reading trixie's package lists" "${apt[@]}" update || exit 1
    if ((${#missing[@]})); then
        step trixie-install "installing ${missing[*]} there" "${install[@]}" "${missing[@]}" || exit 1
    fi
    if ((${#optional[@]})); then
        step trixie-wanted "installing ${optional[*]} there" "${install[@]}" "${optional[@]}" ||
            say "going on without ${optional[*]}: this bridge will have no process groups"
    fi
}

build_bridge() {
    local build=/var/tmp/figment-native
    step trixie-cmake "configuring the bridge there" inside cmake -S "$root/native/torch" -B $build -G Ninja \
        -DCMAKE_LIBRARY_OUTPUT_DIRECTORY=$build/lib || exit 1
    step trixie-native "building the bridge there" inside cmake --build $build --parallel "$(nproc)" || exit 1
}

run_engine_tests() {
    local project passing=()
    for project in "${projects[@]}"; do
        build_managed "$project" "tests/$project/$project.csproj" "building $project" || exit 1
    done
    results=$root/build/test-results-libtorch2
    rm -rf "$results"
    mkdir -p "$results"
    # What decides how the engine runs goes in; the rest of the caller's environment stays outside.
    for name in FIGMENT_THREADS OMP_NUM_THREADS; do [[ -z ${!name:-} ]] || passing+=("$name=${!name}"); done
    test_runner=(chroot "$folder" env -i -C "$root" PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
        DOTNET_ROOT="$dotnet" DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 FIGMENT_NATIVE=/var/tmp/figment-native/lib
        "${passing[@]}")
    echo "libtorch $(inside dpkg-query -W -f '${Version}' libtorch-dev) of Debian trixie"
    for project in "${projects[@]}"; do run_test_program "$project" quick ''; done
    report_counts
}

case ${1:-} in
    -h | --help) usage; exit 0 ;;
    -*) echo "figment test --libtorch2: unknown option $1" >&2; exit 2 ;;
esac
folder=$(realpath -m -- "${1:-$root/build/trixie}")
require
dotnet=$(dirname -- "$(readlink -f -- "$(command -v dotnet)")")
if [[ -z ${FIGMENT_MOUNTS_APART:-} ]]; then
    export FIGMENT_MOUNTS_APART=yes
    exec unshare --mount --propagation private -- "${BASH_SOURCE[0]}" "$folder"
fi
mkdir -p "$root/build/logs"
exec 9>"$root/build/.lock"
flock 9
bootstrap
mount_all
install_packages
build_bridge
run_engine_tests
