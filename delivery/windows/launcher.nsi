; A small program that opens the window: no console, an icon, sharp letters on every screen. It starts the version that current.txt names.
Target amd64-unicode
Unicode true
!include "FileFunc.nsh"
!include "LogicLib.nsh"
Name "beatplanner"
OutFile "${OUT}"
Icon "${ICON}"
SetCompressor zlib
RequestExecutionLevel user
ManifestDPIAware true
ManifestDPIAwareness "PerMonitorV2,PerMonitor,System"
ManifestLongPathAware true
ManifestAppendCustomString "/assembly/application/windowsSettings" '<activeCodePage xmlns="http://schemas.microsoft.com/SMI/2019/WindowsSettings">UTF-8</activeCodePage>'
ManifestSupportedOS Win10
SilentInstall silent
AutoCloseWindow true
VIProductVersion "${VERSION_4}"
VIAddVersionKey "ProductName" "beatplanner"
VIAddVersionKey "FileDescription" "beatplanner"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "see the folder licences"

Section
  StrCpy $1 ""
  ClearErrors
  FileOpen $0 "$EXEDIR\current.txt" r
  ${IfNot} ${Errors}
    FileRead $0 $1
    FileClose $0
  ${EndIf}
  ${IfNot} ${FileExists} "$EXEDIR\$1\python\pythonw.exe"
    MessageBox MB_ICONSTOP|MB_OK "beatplanner is not whole: install it again. ($EXEDIR)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  ${GetParameters} $R0
  ; what other Pythons were told is not for this one
  System::Call 'kernel32::SetEnvironmentVariableW(w "PYTHONPATH", p 0)'
  System::Call 'kernel32::SetEnvironmentVariableW(w "PYTHONHOME", p 0)'
  System::Call 'kernel32::SetEnvironmentVariableW(w "PYTHONSTARTUP", p 0)'
  ClearErrors
  Exec '"$EXEDIR\$1\python\pythonw.exe" -X utf8 -m beatplanner desktop $R0'
  ${If} ${Errors}
    SetErrorLevel 2
  ${EndIf}
SectionEnd
