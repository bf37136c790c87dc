#!/bin/sh
# Installs the browser packages and copies what pages load to assets/dist/vendor (git-ignored).
set -eu
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund --no-progress
rm -rf dist
mkdir -p dist/vendor/tabler/css dist/vendor/tabler/js dist/vendor/echarts
cp node_modules/@tabler/core/dist/css/tabler.min.css node_modules/@tabler/core/dist/css/tabler.min.css.map dist/vendor/tabler/css/
cp node_modules/@tabler/core/dist/js/tabler.min.js node_modules/@tabler/core/dist/js/tabler.min.js.map dist/vendor/tabler/js/
cp node_modules/echarts/dist/echarts.min.js node_modules/echarts/dist/echarts.min.js.map dist/vendor/echarts/ 2>/dev/null \
  || cp node_modules/echarts/dist/echarts.min.js dist/vendor/echarts/
rm -rf node_modules
