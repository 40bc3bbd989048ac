# Adds beatplanner to this user's Start menu, file associations and list of programs. Needs no administrator.
param(
    [Parameter(Mandatory = $true)][string]$Target,
    [Parameter(Mandatory = $true)][string]$Version,
    [int]$Kilobytes = 0
)
$ErrorActionPreference = 'Stop'
$python = Join-Path $Target 'env\Scripts\pythonw.exe'
$icon = Join-Path $Target 'beatplanner.ico'
$failed = $false

# The shell's own object takes any letter; the older WScript.Shell only those of the system's code page.
$menu = [Environment]::GetFolderPath('Programs')
$file = Join-Path $menu 'beatplanner.lnk'
try {
    Set-Content -LiteralPath $file -Value $null
    $link = (New-Object -ComObject Shell.Application).NameSpace($menu).ParseName('beatplanner.lnk').GetLink
    $link.Path = $python
    $link.Arguments = '-m beatplanner desktop'
    $link.WorkingDirectory = [Environment]::GetFolderPath('MyDocuments')
    $link.Description = 'Neighbourhood beats, stations and officers who stay'
    $link.SetIconLocation($icon, 0)
    $link.Save()
} catch {
    Remove-Item -LiteralPath $file -ErrorAction SilentlyContinue
    Write-Host "The Start-menu entry could not be made: $($_.Exception.Message)"
    $failed = $true
}

# GeoPackages and TOML files belong to other programs too, so beatplanner only offers itself ("Open with"):
# Windows opens them with it by a double click where nothing else is chosen for them.
try {
    $classes = 'HKCU:\Software\Classes'
    $class = "$classes\beatplanner.project"
    foreach ($key in @($class, "$class\DefaultIcon", "$class\shell", "$class\shell\open", "$class\shell\open\command")) {
        if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key | Out-Null }
    }
    Set-ItemProperty -LiteralPath $class -Name '(default)' -Value 'beatplanner project'
    Set-ItemProperty -LiteralPath $class -Name 'FriendlyAppName' -Value 'beatplanner'
    Set-ItemProperty -LiteralPath "$class\DefaultIcon" -Name '(default)' -Value "`"$icon`",0"
    Set-ItemProperty -LiteralPath "$class\shell\open" -Name 'FriendlyAppName' -Value 'beatplanner'
    Set-ItemProperty -LiteralPath "$class\shell\open\command" -Name '(default)' -Value "`"$python`" -m beatplanner desktop `"%1`""
    foreach ($extension in @('.gpkg', '.toml')) {
        foreach ($key in @("$classes\$extension", "$classes\$extension\OpenWithProgids")) {
            if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key | Out-Null }
        }
        New-ItemProperty -LiteralPath "$classes\$extension\OpenWithProgids" -Name 'beatplanner.project' -PropertyType String -Value '' -Force | Out-Null
    }
} catch {
    Write-Host "The file association could not be made: $($_.Exception.Message)"
    $failed = $true
}

try {
    $entry = 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Uninstall\beatplanner'
    if (-not (Test-Path -LiteralPath $entry)) { New-Item -Path $entry -Force | Out-Null }
    $values = @{
        DisplayName = 'beatplanner'
        DisplayVersion = $Version
        DisplayIcon = $icon
        InstallLocation = $Target
        Publisher = 'beatplanner'
        UninstallString = "`"$(Join-Path $Target 'uninstall.cmd')`""
        QuietUninstallString = "`"$(Join-Path $Target 'uninstall.cmd')`" /quiet"
    }
    foreach ($name in $values.Keys) { Set-ItemProperty -LiteralPath $entry -Name $name -Value $values[$name] }
    foreach ($name in @('NoModify', 'NoRepair')) {
        New-ItemProperty -LiteralPath $entry -Name $name -PropertyType DWord -Value 1 -Force | Out-Null
    }
    New-ItemProperty -LiteralPath $entry -Name 'EstimatedSize' -PropertyType DWord -Value $Kilobytes -Force | Out-Null
} catch {
    Write-Host "The entry in the list of programs could not be made: $($_.Exception.Message)"
    $failed = $true
}
if ($failed) { exit 1 }
exit 0
