@echo off
rem Installs beatplanner from this folder: no network, no administrator. Looks for Python @PYTHON@ and starts install.py with it.
setlocal EnableExtensions DisableDelayedExpansion
title Install beatplanner
if not exist "%~dp0install.py" goto packed
if not exist "%~dp0wheels" goto packed

set "LAUNCHER="
set "TEST=import sys; sys.exit(sys.version_info[:2] != (@PYTHON_COMMA@) or sys.maxsize < 2**32)"
py -@PYTHON@ -I -c "%TEST%" >nul 2>nul
if not errorlevel 1 set "LAUNCHER=py -@PYTHON@"
if defined LAUNCHER goto install
rem a 32-bit Python of the same number does not hide a good one
py -@PYTHON@-64 -I -c "%TEST%" >nul 2>nul
if not errorlevel 1 set "LAUNCHER=py -@PYTHON@-64"
if defined LAUNCHER goto install
python -I -c "%TEST%" >nul 2>nul
if not errorlevel 1 set "LAUNCHER=python"
if defined LAUNCHER goto install
rem where Python puts itself; a 32-bit one in one folder does not hide another
set "FOUND=%LOCALAPPDATA%\Programs\Python\Python@PYTHON_DIGITS@\python.exe"
"%FOUND%" -I -c "%TEST%" >nul 2>nul
if not errorlevel 1 goto found
set "FOUND=%ProgramFiles%\Python@PYTHON_DIGITS@\python.exe"
"%FOUND%" -I -c "%TEST%" >nul 2>nul
if not errorlevel 1 goto found
set "FOUND=%SystemDrive%\Python@PYTHON_DIGITS@\python.exe"
"%FOUND%" -I -c "%TEST%" >nul 2>nul
if not errorlevel 1 goto found
goto missing

:found
"%FOUND%" -I "%~dp0install.py" %*
goto end

:install
%LAUNCHER% -I "%~dp0install.py" %*
goto end

:packed
echo.
echo   This window was started from inside the archive, or files are missing beside it.
echo   Unpack the whole archive first: right-click it, "Extract All", then start install.cmd in the new folder.
set "CODE=1"
goto wait

:missing
echo.
echo   beatplanner needs Python @PYTHON@ (64-bit), which is not on this computer.
echo   Get it from https://www.python.org/downloads/windows/ : the "Windows installer (64-bit)" of any Python @PYTHON@.
echo   Choose "Install Now"; leave "for all users" off, then no administrator is needed.
echo   The installer can be brought on a memory stick like this bundle. Then start install.cmd again.
set "CODE=1"
goto wait

:end
set "CODE=%ERRORLEVEL%"

:wait
echo.
if "%~1"=="" pause
exit /b %CODE%
