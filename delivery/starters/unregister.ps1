# Removes beatplanner from this user's menu, associations, list of programs and disk. Only what was installed is removed.
param([Parameter(Mandatory = $true)][string]$Target)
$ErrorActionPreference = 'Stop'
$Target = [System.IO.Path]::GetFullPath($Target)
$mark = Join-Path $Target 'installed.json'
if (-not (Test-Path -LiteralPath $mark)) {
    Write-Host "beatplanner is not installed in $Target"
    exit 1
}
$owned = (Get-Content -LiteralPath $mark -Raw -Encoding UTF8 | ConvertFrom-Json).owns

# the environment first: where the program still runs, its files are locked and everything else stays as it is
$env_folder = Join-Path $Target 'env'
try {
    if (Test-Path -LiteralPath $env_folder) {
        $leaving = Join-Path $Target 'env.leaving'
        Move-Item -LiteralPath $env_folder -Destination $leaving
        Remove-Item -LiteralPath $leaving -Recurse -Force
    }
} catch {
    Write-Host 'beatplanner is still running, or another program holds a file of it. Close it and try again.'
    if ((Test-Path -LiteralPath $leaving) -and -not (Test-Path -LiteralPath $env_folder)) {
        Move-Item -LiteralPath $leaving -Destination $env_folder -ErrorAction SilentlyContinue
    }
    exit 1
}

$classes = 'HKCU:\Software\Classes'
foreach ($extension in @('.gpkg', '.toml')) {
    Remove-ItemProperty -LiteralPath "$classes\$extension\OpenWithProgids" -Name 'beatplanner.project' -ErrorAction SilentlyContinue
}
foreach ($key in @("$classes\beatplanner.project", 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Uninstall\beatplanner')) {
    Remove-Item -LiteralPath $key -Recurse -Force -ErrorAction SilentlyContinue
}
Remove-Item -LiteralPath (Join-Path ([Environment]::GetFolderPath('Programs')) 'beatplanner.lnk') -ErrorAction SilentlyContinue

foreach ($name in $owned) {
    Remove-Item -LiteralPath (Join-Path $Target $name) -Recurse -Force -ErrorAction SilentlyContinue
}
if (-not (Get-ChildItem -LiteralPath $Target -Force)) { Remove-Item -LiteralPath $Target -Force -ErrorAction SilentlyContinue }
Write-Host 'beatplanner was removed. Projects, plans and settings stay.'
exit 0
