@echo off
rem The command line of beatplanner, with the Python that came with it; without a command the window opens.
setlocal EnableExtensions DisableDelayedExpansion
set "BEATPLANNER_VERSION="
if exist "%~dp0current.txt" for /f "usebackq delims=" %%V in ("%~dp0current.txt") do set "BEATPLANNER_VERSION=%%V"
if exist "%~dp0%BEATPLANNER_VERSION%\python\python.exe" goto start
echo.
echo   beatplanner is not whole. Unpack the whole archive, or install it again. (%~dp0)
echo.
exit /b 1

:start
"%~dp0%BEATPLANNER_VERSION%\python\python.exe" -X utf8 -m beatplanner %*
exit /b %ERRORLEVEL%
