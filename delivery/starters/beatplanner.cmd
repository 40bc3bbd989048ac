@echo off
rem Starts beatplanner; without a command the window opens. Works beside the installation and in the unpacked bundle.
setlocal EnableExtensions DisableDelayedExpansion
set "HOME_OF_BEATPLANNER=%~dp0"
if not exist "%HOME_OF_BEATPLANNER%env\Scripts\python.exe" set "HOME_OF_BEATPLANNER=%LOCALAPPDATA%\beatplanner\"
if not exist "%HOME_OF_BEATPLANNER%env\Scripts\python.exe" goto missing
"%HOME_OF_BEATPLANNER%env\Scripts\python.exe" -m beatplanner %*
exit /b %ERRORLEVEL%

:missing
echo.
echo   beatplanner is not installed yet. Start install.cmd first.
echo.
if "%~1"=="" pause
exit /b 1
