#pragma once

namespace CLI {
class App;
}

namespace dyad::cli {

// Each adds its subcommand to the application; the program's exit code is left in `exit_code` when
// it ran. 0: well; 1: it failed, and standard error says how and what to do; 2: damage was found
// (verify).

void add_serve_command(CLI::App& app, int& exit_code);
void add_env_command(CLI::App& app, int& exit_code);
void add_profile_command(CLI::App& app, int& exit_code);
void add_status_command(CLI::App& app, int& exit_code);
void add_verify_command(CLI::App& app, int& exit_code);
void add_backup_command(CLI::App& app, int& exit_code);

}  // namespace dyad::cli
