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

LoadLanguageFile "${NSISDIR}\Contrib\Language files\English.nlf"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\Macedonian.nlf"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\Albanian.nlf"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\Serbian.nlf"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\SerbianLatin.nlf"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\Romanian.nlf"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\Russian.nlf"
LangString NOT_WHOLE ${LANG_ENGLISH} "beatplanner is not whole. Unpack the whole archive, or install it again."
LangString NOT_WHOLE ${LANG_MACEDONIAN} "beatplanner не е цел. Распакувајте ја целата архива или инсталирајте го повторно."
LangString NOT_WHOLE ${LANG_ALBANIAN} "beatplanner nuk është i plotë. Shpaketoni gjithë arkivin ose instalojeni përsëri."
LangString NOT_WHOLE ${LANG_SERBIAN} "beatplanner није цео. Распакујте целу архиву или га поново инсталирајте."
LangString NOT_WHOLE ${LANG_SERBIANLATIN} "beatplanner nije ceo. Raspakujte celu arhivu ili ga ponovo instalirajte."
LangString NOT_WHOLE ${LANG_ROMANIAN} "beatplanner nu este întreg. Dezarhivați toată arhiva sau instalați-l din nou."
LangString NOT_WHOLE ${LANG_RUSSIAN} "beatplanner неполон. Распакуйте весь архив или установите его заново."
LangString NOT_STARTED ${LANG_ENGLISH} "Windows did not let beatplanner start. Your office may forbid programs in this folder: ask your administrator."
LangString NOT_STARTED ${LANG_MACEDONIAN} "Windows не дозволи да се стартува beatplanner. Можеби вашата служба забранува програми во оваа папка: прашајте го администраторот."
LangString NOT_STARTED ${LANG_ALBANIAN} "Windows nuk e lejoi beatplanner të niset. Ndoshta zyra juaj i ndalon programet në këtë dosje: pyesni administratorin."
LangString NOT_STARTED ${LANG_SERBIAN} "Windows није дозволио да се beatplanner покрене. Можда ваша служба забрањује програме у овој фасцикли: питајте администратора."
LangString NOT_STARTED ${LANG_SERBIANLATIN} "Windows nije dozvolio da se beatplanner pokrene. Možda vaša služba zabranjuje programe u ovoj fascikli: pitajte administratora."
LangString NOT_STARTED ${LANG_ROMANIAN} "Windows nu a lăsat beatplanner să pornească. Poate că instituția dumneavoastră interzice programele din acest dosar: întrebați administratorul."
LangString NOT_STARTED ${LANG_RUSSIAN} "Windows не дала запустить beatplanner. Возможно, ваша служба запрещает программы в этой папке: спросите администратора."

Section
  StrCpy $1 ""
  ClearErrors
  FileOpen $0 "$EXEDIR\current.txt" r
  ${IfNot} ${Errors}
    FileRead $0 $1
    FileClose $0
  ${EndIf}
  ${IfNot} ${FileExists} "$EXEDIR\$1\python\pythonw.exe"
    ; no answer for a silent one: it is silent on the way, and has this to say
    MessageBox MB_ICONSTOP|MB_OK "$(NOT_WHOLE) ($EXEDIR)"
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
    MessageBox MB_ICONSTOP|MB_OK "$(NOT_STARTED) ($EXEDIR)"
    SetErrorLevel 2
  ${EndIf}
SectionEnd
