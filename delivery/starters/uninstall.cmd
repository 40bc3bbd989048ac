@echo off
rem Removes beatplanner, its menu entry and its file association. Plans, projects and settings stay.
setlocal EnableExtensions DisableDelayedExpansion
if not exist "%~dp0installed.json" goto elsewhere
if /i "%~1"=="/quiet" goto remove
echo.
echo   This removes beatplanner from this computer. Your projects, plans and settings stay.
set "ANSWER="
set /p "ANSWER=  Remove it? [y/N] "
if /i not "%ANSWER%"=="y" exit /b 0
:remove
cd /d "%TEMP%"
rem the script removes this file too, so nothing may follow on another line
(goto) 2>nul & powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "%~dp0unregister.ps1" -Target "%~dp0."

:elsewhere
echo.
echo   beatplanner is not installed in this folder. Look in "%LOCALAPPDATA%\beatplanner".
echo.
if "%~1"=="" pause
exit /b 1
