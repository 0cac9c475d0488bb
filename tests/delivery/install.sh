#!/bin/sh
# Installs MLflow into a virtual environment of its own: `install.sh DIRECTORY VERSION`. Does nothing when it is there.
# When it cannot, the last line says why.
set -u
dir=$1 version=$2
[ -e "$dir/installed" ] && exit 0

if ! command -v python3 >/dev/null; then
    echo "no python3: install Python 3.10 or newer"
    exit 1
fi
rm -rf "$dir"
if ! python3 -m venv "$dir"; then
    # Debian keeps the module in a package of its own.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y python3-venv
    fi
    rm -rf "$dir"
    if ! python3 -m venv "$dir"; then
        echo "python3 has no module venv: install the package python3-venv"
        exit 1
    fi
fi
if ! "$dir/bin/pip" install --quiet --disable-pip-version-check "mlflow==$version"; then
    echo "pip could not install mlflow $version: is there a way to the package index?"
    exit 1
fi
touch "$dir/installed"
