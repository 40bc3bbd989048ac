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
rem the environment first: where the program still runs, its files are held and everything else stays as it is
if exist "%~dp0env.leaving" rmdir /s /q "%~dp0env.leaving"
if not exist "%~dp0env" goto entries
ren "%~dp0env" env.leaving
if errorlevel 1 goto running

:entries
if exist "%~dp0env.leaving\Scripts\python.exe" "%~dp0env.leaving\Scripts\python.exe" -I "%~dp0register.py" remove "%~dp0."
for %%D in (env.leaving env.new env.old guide licences) do if exist "%~dp0%%D" rmdir /s /q "%~dp0%%D"
for %%F in (sbom.cdx.json beatplanner.ico beatplanner.png beatplanner.cmd register.py installing installed.json) do if exist "%~dp0%%F" del /q "%~dp0%%F"
echo   beatplanner was removed. Projects, plans and settings stay.
rem this file goes last, so that nothing may follow on another line; a folder that holds something else stays
(goto) 2>nul & del /q "%~f0" & rmdir "%~dp0" 2>nul

:running
echo.
echo   beatplanner is still running, or another program holds a file of it. Close it and try again.
echo.
if "%~1"=="" pause
exit /b 1

:elsewhere
echo.
echo   beatplanner is not installed in this folder. Look in "%LOCALAPPDATA%\Programs\beatplanner".
echo.
if "%~1"=="" pause
exit /b 1
