; One setup file: beatplanner with a Python of its own. Per user without an administrator; /AllUsers (as administrator) for one copy for all.
; /S installs silently, /D=FOLDER (last, without quotes) elsewhere. Each version lies in a folder of its own; the file "current.txt" names the
; one in use and is changed last, so that an installation that is killed leaves the older version working.
Target amd64-unicode
Unicode true
!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "x64.nsh"
!include "Win\COM.nsh"
!include "Win\Propkey.nsh"

!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\beatplanner"
!define CLASS "Software\Classes\beatplanner.project"
; lies in a version's folder while it is written, and while it is removed; nobody else's file has this name
!define MARK "beatplanner-installing"

Name "beatplanner"
OutFile "${OUT}"
!if "${COMPRESSOR}" == "lzma"
  SetCompressor /SOLID lzma
  SetCompressorDictSize 32
!else
  SetCompressor zlib
!endif
; who looks for another folder gets one of this name in it
!define OF_USER "$LOCALAPPDATA\Programs\beatplanner"
InstallDir "${OF_USER}"
RequestExecutionLevel user
ManifestDPIAware true
ManifestLongPathAware true
ManifestSupportedOS Win10
XPStyle on
ShowInstDetails nevershow
BrandingText "beatplanner ${VERSION}"
VIProductVersion "${VERSION_4}"
VIAddVersionKey "ProductName" "beatplanner"
VIAddVersionKey "FileDescription" "beatplanner ${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "see the folder licences"

!define MUI_ICON "${CONTENT}\beatplanner.ico"
!define MUI_UNICON "${CONTENT}\beatplanner.ico"
!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "Macedonian"
!insertmacro MUI_LANGUAGE "Albanian"
!insertmacro MUI_LANGUAGE "Serbian"
!insertmacro MUI_LANGUAGE "SerbianLatin"
!insertmacro MUI_LANGUAGE "Romanian"
!insertmacro MUI_LANGUAGE "Russian"

!macro TEXT NAME EN MK SQ SR SRL RO RU
  LangString ${NAME} ${LANG_ENGLISH} "${EN}"
  LangString ${NAME} ${LANG_MACEDONIAN} "${MK}"
  LangString ${NAME} ${LANG_ALBANIAN} "${SQ}"
  LangString ${NAME} ${LANG_SERBIAN} "${SR}"
  LangString ${NAME} ${LANG_SERBIANLATIN} "${SRL}"
  LangString ${NAME} ${LANG_ROMANIAN} "${RO}"
  LangString ${NAME} ${LANG_RUSSIAN} "${RU}"
!macroend
!insertmacro TEXT NOT_64 "beatplanner needs a 64-bit Windows 10 or 11." "beatplanner бара 64-битен Windows 10 или 11." "beatplanner kërkon Windows 10 ose 11 64-bit." "beatplanner тражи 64-битни Windows 10 или 11." "beatplanner traži 64-bitni Windows 10 ili 11." "beatplanner are nevoie de Windows 10 sau 11 pe 64 de biți." "beatplanner требует 64-разрядную Windows 10 или 11."
!insertmacro TEXT NOT_WRITTEN "The files could not be written. Choose another folder, or make room on the disk." "Датотеките не можеа да се запишат. Изберете друга папка или ослободете место на дискот." "Skedarët nuk mund të shkruheshin. Zgjidhni një dosje tjetër ose lironi vend në disk." "Датотеке нису могле да се запишу. Изаберите другу фасциклу или ослободите место на диску." "Datoteke nisu mogle da se zapišu. Izaberite drugu fasciklu ili oslobodite mesto na disku." "Fișierele nu au putut fi scrise. Alegeți alt dosar sau eliberați spațiu pe disc." "Файлы не удалось записать. Выберите другую папку или освободите место на диске."
!insertmacro TEXT TRYING "Solving a small town, to see that all works; this takes a minute or two …" "Се решава мал град за проба; ова трае минута-две …" "Po zgjidhet një qytet i vogël për provë; zgjat një a dy minuta …" "Решава се мали град за пробу; ово траје минут-два …" "Rešava se mali grad za probu; ovo traje minut-dva …" "Se rezolvă un oraș mic, ca probă; durează un minut sau două …" "Решается маленький город для проверки; это займёт минуту-две …"
!insertmacro TEXT NOT_SOLVED "beatplanner is installed, but could not solve a small town. The file check.log in its folder says why." "beatplanner е инсталиран, но не можеше да реши мал град. Датотеката check.log во неговата папка кажува зошто." "beatplanner u instalua, por nuk mundi të zgjidhë një qytet të vogël. Skedari check.log në dosjen e tij tregon pse." "beatplanner је инсталиран, али није могао да реши мали град. Датотека check.log у његовој фасцикли каже зашто." "beatplanner je instaliran, ali nije mogao da reši mali grad. Datoteka check.log u njegovoj fascikli kaže zašto." "beatplanner este instalat, dar nu a putut rezolva un oraș mic. Fișierul check.log din dosarul lui spune de ce." "beatplanner установлен, но не смог решить маленький город. Файл check.log в его папке говорит почему."
!insertmacro TEXT RUNNING "beatplanner is running. Close it, then remove it again." "beatplanner работи. Затворете го, па отстранете го повторно." "beatplanner është i hapur. Mbylleni, pastaj hiqeni përsëri." "beatplanner ради. Затворите га, па га поново уклоните." "beatplanner radi. Zatvorite ga, pa ga ponovo uklonite." "beatplanner rulează. Închideți-l, apoi eliminați-l din nou." "beatplanner запущен. Закройте его и удалите снова."

!insertmacro TEXT ALREADY "beatplanner is being installed or removed already. Wait until that ends." "beatplanner веќе се инсталира или отстранува. Почекајте да заврши." "beatplanner po instalohet ose po hiqet tashmë. Prisni derisa të mbarojë." "beatplanner се већ инсталира или уклања. Сачекајте да се заврши." "beatplanner se već instalira ili uklanja. Sačekajte da se završi." "beatplanner este deja în curs de instalare sau eliminare. Așteptați să se termine." "beatplanner уже устанавливается или удаляется. Дождитесь окончания."

Var AllUsers
Var Older
; the folder of the version that is being written
Var Written

; Takes the folder of a Python and leaves 1 where a program runs from it, else 0: Windows lets nobody write into a program that runs.
!macro RUNS UN
Function ${UN}Runs
  Exch $0
  Push $1
  Push $2
  StrCpy $2 0
  ${If} ${FileExists} "$0\python.exe"
    ClearErrors
    FileOpen $1 "$0\python.exe" a
    ${If} ${Errors}
      StrCpy $2 1
    ${Else}
      FileClose $1
    ${EndIf}
  ${EndIf}
  ${If} ${FileExists} "$0\pythonw.exe"
    ClearErrors
    FileOpen $1 "$0\pythonw.exe" a
    ${If} ${Errors}
      StrCpy $2 1
    ${Else}
      FileClose $1
    ${EndIf}
  ${EndIf}
  ClearErrors
  StrCpy $0 $2
  Pop $2
  Pop $1
  Exch $0
FunctionEnd
!macroend
!insertmacro RUNS ""
!insertmacro RUNS "un."

; Takes a name and leaves 1 where it is a version's folder of this program, whole or left by an installation that was killed, else 0.
; A folder's own name and its parent's ("." and "..") stand among the names that it holds, and so does what somebody else put there.
!macro OURS UN
Function ${UN}Ours
  Exch $0
  Push $1
  StrCpy $1 0
  ${If} $0 != "."
  ${AndIf} $0 != ".."
    ${If} ${FileExists} "$INSTDIR\$0\beatplanner.ico"
    ${AndIf} ${FileExists} "$INSTDIR\$0\python\python.exe"
      StrCpy $1 1
    ${ElseIf} ${FileExists} "$INSTDIR\$0\${MARK}"
      StrCpy $1 1
    ${EndIf}
  ${EndIf}
  StrCpy $0 $1
  Pop $1
  Exch $0
FunctionEnd
!macroend
!insertmacro OURS ""
!insertmacro OURS "un."

; Takes the name of a version's folder and removes it. The mark lies in it to the end: what a removal that was killed leaves, or a file that
; another program holds, is known for ours by the next one.
!macro REMOVES UN
Function ${UN}Remove
  Exch $0
  Push $1
  Push $2
  FileOpen $1 "$INSTDIR\$0\${MARK}" w
  FileClose $1
  FindFirst $1 $2 "$INSTDIR\$0\*.*"
  ${DoWhile} $2 != ""
    ${If} $2 != "."
    ${AndIf} $2 != ".."
    ${AndIf} $2 != "${MARK}"
      ${If} ${FileExists} "$INSTDIR\$0\$2\*.*"
        RMDir /r "$INSTDIR\$0\$2"
      ${Else}
        Delete "$INSTDIR\$0\$2"
      ${EndIf}
    ${EndIf}
    FindNext $1 $2
  ${Loop}
  FindClose $1
  Delete "$INSTDIR\$0\${MARK}"
  RMDir "$INSTDIR\$0"
  ${If} ${FileExists} "$INSTDIR\$0\*.*"
    FileOpen $1 "$INSTDIR\$0\${MARK}" w
    FileClose $1
  ${EndIf}
  ClearErrors
  Pop $2
  Pop $1
  Pop $0
FunctionEnd
!macroend
!insertmacro REMOVES ""
!insertmacro REMOVES "un."

; Takes a folder and leaves 1 where a beatplanner is installed in it, by a setup file or from the bundle, else 0.
!macro INSTALLED UN
Function ${UN}Installed
  Exch $0
  ${If} $0 == ""
    StrCpy $0 0
  ${ElseIf} ${FileExists} "$0\current.txt"
  ${OrIf} ${FileExists} "$0\installed.json"
    StrCpy $0 1
  ${Else}
    StrCpy $0 0
  ${EndIf}
  Exch $0
FunctionEnd
!macroend
!insertmacro INSTALLED ""
!insertmacro INSTALLED "un."

; Where it is for all users and nobody gave it an administrator's rights, Windows asks for them; a silent one ends.
!macro AS_ADMINISTRATOR PROGRAM FOLDER
  UserInfo::GetAccountType
  Pop $0
  ClearErrors
  ${GetOptions} $R0 "/elevated" $R1
  ${If} ${Errors}
  ${AndIf} $0 != "Admin"
    SetErrorLevel 2
    ${IfNot} ${Silent}
      ExecShell "runas" "${PROGRAM}" "/elevated $R0${FOLDER}"
    ${EndIf}
    Quit
  ${EndIf}
!macroend

; One at a time: a second one that somebody starts out of impatience would delete what the first has written.
!macro ALONE
  System::Call 'kernel32::CreateMutexW(p 0, i 0, w "beatplanner-setup") p .r1 ?e'
  Pop $0
  ${If} $0 == 183
    MessageBox MB_ICONSTOP|MB_OK "$(ALREADY)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
!macroend

!macro PLACE
  SetRegView 64
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/AllUsers" $R1
  ${IfNot} ${Errors}
    StrCpy $AllUsers 1
  ${Else}
    StrCpy $AllUsers 0
  ${EndIf}
!macroend

Function .onInit
  ${IfNot} ${RunningX64}
    MessageBox MB_ICONSTOP|MB_OK "$(NOT_64)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  !insertmacro PLACE
  ; where nobody names a folder it goes where the older one is
  StrCpy $2 ""
  ${If} $INSTDIR == "${OF_USER}"
    ${If} $AllUsers == 1
      StrCpy $INSTDIR "$PROGRAMFILES64\beatplanner"
      ReadRegStr $2 HKLM "${KEY}" "InstallLocation"
    ${Else}
      ReadRegStr $2 HKCU "${KEY}" "InstallLocation"
    ${EndIf}
    Push $2
    Call Installed
    Pop $3
    ${If} $3 == 1
      StrCpy $INSTDIR $2
    ${EndIf}
  ${EndIf}
  ${If} $AllUsers == 1
    ; a folder that was given is not among the parameters any more
    !insertmacro AS_ADMINISTRATOR "$EXEPATH" " /D=$INSTDIR"
    SetShellVarContext all
  ${Else}
    SetShellVarContext current
  ${EndIf}
  !insertmacro ALONE
FunctionEnd

; Takes away what was written of a version that did not become whole.
Function TakeBack
  ${If} $Written != ""
    SetOutPath "$TEMP"
    Push $Written
    Call Remove
    StrCpy $Written ""
    ${IfNot} ${FileExists} "$INSTDIR\current.txt"
      Delete "$INSTDIR\uninstall.exe"
      RMDir "$INSTDIR"
    ${EndIf}
  ${EndIf}
FunctionEnd

; a full disk ends the installation at the file that it could not write
Function .onInstFailed
  Call TakeBack
FunctionEnd

Section "beatplanner"
  ClearErrors
  ; what an installation that was killed left of this version goes first; the version in use is never touched
  StrCpy $Older ""
  ${If} ${FileExists} "$INSTDIR\current.txt"
    FileOpen $0 "$INSTDIR\current.txt" r
    FileRead $0 $Older
    FileClose $0
  ${EndIf}
  ClearErrors
  StrCpy $1 "${BUILD}"
  ; the same build again: beside it, so that the one in use, and one that runs, stay until this one is whole
  ${Do}
    Push "$INSTDIR\$1\python"
    Call Runs
    Pop $5
    ${If} $Older != $1
    ${AndIf} $5 == 0
      ${ExitDo}
    ${EndIf}
    StrCpy $1 "$1b"
  ${Loop}
  ${If} ${FileExists} "$INSTDIR\$1\*.*"
    Push $1
    Call Remove
  ${EndIf}
  ClearErrors
  SetOutPath "$INSTDIR\$1"
  StrCpy $Written $1
  FileOpen $0 "$INSTDIR\$1\${MARK}" w
  FileClose $0
  File /r "${CONTENT}\*.*"
  ${If} ${Errors}
    not_written:
    Call TakeBack
    MessageBox MB_ICONSTOP|MB_OK "$(NOT_WRITTEN)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}

  SetOutPath "$INSTDIR"
  File "/oname=beatplanner-new.exe" "${CONTENT}\..\beatplanner.exe"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  FileOpen $0 "$INSTDIR\current.new" w
  FileWrite $0 "$1"
  FileClose $0
  ; the version in use changes here, in one step, or not at all: a scanner may hold the name for a while
  ${For} $4 1 40
    System::Call 'kernel32::MoveFileExW(w "$INSTDIR\current.new", w "$INSTDIR\current.txt", i 9) i .r2'
    ${If} $2 != 0
      ${ExitFor}
    ${EndIf}
    Sleep 250
  ${Next}
  ${If} $2 == 0
    Delete "$INSTDIR\current.new"
    Delete "$INSTDIR\beatplanner-new.exe"
    Goto not_written
  ${EndIf}
  StrCpy $Written ""
  Delete "$INSTDIR\$1\${MARK}"
  System::Call 'kernel32::MoveFileExW(w "$INSTDIR\beatplanner-new.exe", w "$INSTDIR\beatplanner.exe", i 9) i .r3'
  ${If} $3 == 0
    ; the launcher is the same for all versions; one that runs stays
    Delete "$INSTDIR\beatplanner-new.exe"
  ${EndIf}
  File "${CONTENT}\beatplanner.cmd"

  CreateShortcut "$SMPROGRAMS\beatplanner.lnk" "$INSTDIR\beatplanner.exe" "" "$INSTDIR\$1\beatplanner.ico"
  ; the name by which the task bar knows the window (ui/desktop/app.py): a window that is pinned there starts by this entry
  !insertmacro ComHlpr_CreateInProcInstance ${CLSID_ShellLink} ${IID_IShellLink} r2 ""
  ${If} $2 P<> 0
    ${IUnknown::QueryInterface} $2 '("${IID_IPersistFile}",.r3)'
    ${If} $3 P<> 0
      ${IPersistFile::Load} $3 '("$SMPROGRAMS\beatplanner.lnk",${STGM_READWRITE})'
      ${IUnknown::QueryInterface} $2 '("${IID_IPropertyStore}",.r4)'
      ${If} $4 P<> 0
        System::Call '*${SYSSTRUCT_PROPERTYKEY}(${PKEY_AppUserModel_ID})p.r5'
        System::Call '*(&w32 "beatplanner.desktop")p.r6'
        System::Call '*${SYSSTRUCT_PROPVARIANT}(${VT_LPWSTR},,p r6,)p.r7'
        ${IPropertyStore::SetValue} $4 '(r5,r7)'
        ${IPropertyStore::Commit} $4 ""
        System::Free $7
        System::Free $6
        System::Free $5
        ${IUnknown::Release} $4 ""
        ${IPersistFile::Save} $3 '("$SMPROGRAMS\beatplanner.lnk",1)'
      ${EndIf}
      ${IUnknown::Release} $3 ""
    ${EndIf}
    ${IUnknown::Release} $2 ""
  ${EndIf}
  WriteRegStr SHCTX "${CLASS}" "" "beatplanner project"
  WriteRegStr SHCTX "${CLASS}" "FriendlyTypeName" "beatplanner project"
  WriteRegStr SHCTX "${CLASS}\DefaultIcon" "" '"$INSTDIR\$1\beatplanner.ico",0'
  WriteRegStr SHCTX "${CLASS}\shell\open" "FriendlyAppName" "beatplanner"
  WriteRegStr SHCTX "${CLASS}\shell\open\command" "" '"$INSTDIR\beatplanner.exe" "%1"'
  WriteRegStr SHCTX "Software\Classes\.beatplan" "" "beatplanner.project"
  WriteRegStr SHCTX "Software\Classes\.gpkg\OpenWithProgids" "beatplanner.project" ""
  WriteRegStr SHCTX "Software\Classes\.toml\OpenWithProgids" "beatplanner.project" ""
  WriteRegStr SHCTX "${KEY}" "DisplayName" "beatplanner"
  WriteRegStr SHCTX "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${KEY}" "DisplayIcon" "$INSTDIR\$1\beatplanner.ico"
  WriteRegStr SHCTX "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${KEY}" "Publisher" "beatplanner"
  WriteRegStr SHCTX "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr SHCTX "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD SHCTX "${KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR\$1" "/S=0K" $2 $3 $4
  IntFmt $2 "0x%08X" $2
  WriteRegDWORD SHCTX "${KEY}" "EstimatedSize" "$2"
  ; the Explorer asks again what opens which kind of file
  ${RefreshShellIcons}

  ; older versions, and what killed installations left, go last; what still runs stays until the next time
  FindFirst $3 $4 "$INSTDIR\*.*"
  ${DoWhile} $4 != ""
    Push $4
    Call Ours
    Pop $6
    Push "$INSTDIR\$4\python"
    Call Runs
    Pop $5
    ${If} $4 != $1
    ${AndIf} $6 == 1
    ${AndIf} $5 == 0
      Push $4
      Call Remove
    ${EndIf}
    FindNext $3 $4
  ${Loop}
  FindClose $3

  ; what an older beatplanner left here that was installed from the bundle, with a Python of this computer; what still runs stays
  Push "$INSTDIR\env\Scripts"
  Call Runs
  Pop $5
  ${If} ${FileExists} "$INSTDIR\installed.json"
  ${AndIf} ${FileExists} "$INSTDIR\register.py"
  ${AndIf} $5 == 0
    RMDir /r "$INSTDIR\env"
    RMDir /r "$INSTDIR\env.old"
    RMDir /r "$INSTDIR\env.new"
    RMDir /r "$INSTDIR\env.leaving"
    RMDir /r "$INSTDIR\guide"
    RMDir /r "$INSTDIR\licences"
    Delete "$INSTDIR\sbom.cdx.json"
    Delete "$INSTDIR\beatplanner.ico"
    Delete "$INSTDIR\beatplanner.png"
    Delete "$INSTDIR\register.py"
    Delete "$INSTDIR\uninstall.cmd"
    Delete "$INSTDIR\installed.json"
  ${EndIf}

  ; the kernels of the solvers are compiled here and a small town is solved with them
  DetailPrint "$(TRYING)"
  nsExec::Exec '"$SYSDIR\cmd.exe" /d /s /c ""$INSTDIR\$1\python\python.exe" -X utf8 -m beatplanner.planning.prepared > "$INSTDIR\check.log" 2>&1"'
  Pop $2
  ${If} $AllUsers == 1
    ; users may not write into Program Files: what Python compiles at a first start is compiled here, once for all
    nsExec::Exec '"$INSTDIR\$1\python\python.exe" -X utf8 -m compileall -q "$INSTDIR\$1\libraries"'
    Pop $3
  ${EndIf}
  ${If} $2 != "0"
    MessageBox MB_ICONEXCLAMATION|MB_OK "$(NOT_SOLVED)" /SD IDOK
    SetErrorLevel 3
  ${Else}
    Delete "$INSTDIR\check.log"
  ${EndIf}
SectionEnd

; Takes the program from the list under "Open with"; keys that hold nothing else were made for it.
!macro OFFER_NO_MORE KIND
  DeleteRegValue SHCTX "Software\Classes\${KIND}\OpenWithProgids" "beatplanner.project"
  DeleteRegKey /ifnosubkeys /ifnovalues SHCTX "Software\Classes\${KIND}\OpenWithProgids"
  DeleteRegKey /ifnosubkeys /ifnovalues SHCTX "Software\Classes\${KIND}"
!macroend

Function un.onInit
  !insertmacro PLACE
  SetRegView 64
  ; where it was installed for all users, the entry for all users says so
  SetShellVarContext all
  ReadRegStr $0 SHCTX "${KEY}" "InstallLocation"
  ${If} $0 == $INSTDIR
    !insertmacro AS_ADMINISTRATOR "$INSTDIR\uninstall.exe" ""
  ${Else}
    SetShellVarContext current
  ${EndIf}
  !insertmacro ALONE
FunctionEnd

Section "Uninstall"
  ; where one version still runs, everything stays as it is
  FindFirst $3 $4 "$INSTDIR\*.*"
  ${DoWhile} $4 != ""
    Push $4
    Call un.Ours
    Pop $6
    Push "$INSTDIR\$4\python"
    Call un.Runs
    Pop $5
    ${If} $6 == 1
    ${AndIf} $5 == 1
      FindClose $3
      MessageBox MB_ICONSTOP|MB_OK "$(RUNNING)" /SD IDOK
      SetErrorLevel 2
      Quit
    ${EndIf}
    FindNext $3 $4
  ${Loop}
  FindClose $3
  StrCpy $7 0
  FindFirst $3 $4 "$INSTDIR\*.*"
  ${DoWhile} $4 != ""
    Push $4
    Call un.Ours
    Pop $6
    ${If} $6 == 1
      Push $4
      Call un.Remove
      ${If} ${FileExists} "$INSTDIR\$4\*.*"
        StrCpy $7 1
      ${EndIf}
    ${EndIf}
    FindNext $3 $4
  ${Loop}
  FindClose $3
  ${If} $7 == 1
    ; another program holds a file of it: the entry in the list of programs stays, so that it can be removed again
    MessageBox MB_ICONSTOP|MB_OK "$(RUNNING)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  Delete "$INSTDIR\current.txt"
  ; the entries may be those of another one, which was installed later into another folder
  ReadRegStr $2 SHCTX "${KEY}" "InstallLocation"
  Push $2
  Call un.Installed
  Pop $3
  ${If} $3 == 0
    Delete "$SMPROGRAMS\beatplanner.lnk"
    DeleteRegKey SHCTX "${CLASS}"
    !insertmacro OFFER_NO_MORE ".gpkg"
    !insertmacro OFFER_NO_MORE ".toml"
    ReadRegStr $0 SHCTX "Software\Classes\.beatplan" ""
    ${If} $0 == "beatplanner.project"
      DeleteRegKey SHCTX "Software\Classes\.beatplan"
    ${EndIf}
    DeleteRegKey SHCTX "${KEY}"
    ${RefreshShellIcons}
  ${EndIf}
  Delete "$INSTDIR\current.new"
  Delete "$INSTDIR\check.log"
  Delete "$INSTDIR\beatplanner.cmd"
  Delete "$INSTDIR\beatplanner.exe"
  Delete "$INSTDIR\beatplanner-new.exe"
  Delete "$INSTDIR\uninstall.exe"
  ; only an empty folder goes: what somebody else put there stays
  RMDir "$INSTDIR"
SectionEnd
