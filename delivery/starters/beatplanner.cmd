@echo off
rem Starts beatplanner; without a command the window opens. Works beside the installation and in the unpacked bundle.
setlocal EnableExtensions DisableDelayedExpansion
set "HOME_OF_BEATPLANNER=%~dp0"
if not exist "%HOME_OF_BEATPLANNER%env\Scripts\python.exe" if not exist "%HOME_OF_BEATPLANNER%env.old\Scripts\python.exe" set "HOME_OF_BEATPLANNER=%LOCALAPPDATA%\Programs\beatplanner\"
rem an upgrade that was killed between two steps: the older version is whole
if not exist "%HOME_OF_BEATPLANNER%env\Scripts\python.exe" if exist "%HOME_OF_BEATPLANNER%env.old\Scripts\python.exe" ren "%HOME_OF_BEATPLANNER%env.old" env
if not exist "%HOME_OF_BEATPLANNER%env\Scripts\python.exe" goto missing
"%HOME_OF_BEATPLANNER%env\Scripts\python.exe" -I -X utf8 -m beatplanner %*
exit /b %ERRORLEVEL%

:missing
echo.
echo   beatplanner is not installed yet. Start install.cmd first.
echo.
if "%~1"=="" pause
exit /b 1
