#include <CLI/CLI.hpp>
#include <sstream>

#include "operator/cli/command.h"

// Scripts for completion, made from the commands and flags themselves.
namespace belvedere::cli {
namespace {

struct Flag {
  std::string name;         // with its dashes
  std::string description;  // one line
  enum class Value { kNone, kWord, kFile, kDirectory } value = Value::kNone;
};

struct Words {
  std::string name;
  std::string description;
  std::vector<Flag> flags;
  std::vector<std::string> arguments;
};

Flag::Value ValueOf(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return Flag::Value::kNone;
  const std::string type = option.get_type_name();
  if (type.starts_with("FILE")) return Flag::Value::kFile;
  return type.starts_with("DIR") ? Flag::Value::kDirectory : Flag::Value::kWord;
}

std::vector<Words> CommandsOf(const CLI::App& app) {
  std::vector<Words> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    Words words{command->get_name(), command->get_description(), {}, {}};
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        words.flags.push_back({"--" + name, option->get_description(), ValueOf(*option)});
      }
      for (const std::string& name : option->get_snames()) {
        words.flags.push_back({"-" + name, option->get_description(), ValueOf(*option)});
      }
    }
    if (words.name == "completion") words.arguments = {"bash", "fish", "zsh"};
    commands.push_back(std::move(words));
  }
  return commands;
}

// Inside single quotes of a shell.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string Joined(const std::vector<std::string>& words, const std::string& separator) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : separator) + word;
  return joined;
}

std::string FlagsOfKind(const std::vector<Words>& commands, Flag::Value value) {
  std::set<std::string> names;
  for (const Words& command : commands) {
    for (const Flag& flag : command.flags) {
      if (flag.value == value) names.insert(flag.name);
    }
  }
  return Joined({names.begin(), names.end()}, "|");
}

std::string BashCase(const std::string& pattern, const std::string& action) {
  return pattern.empty() ? "" : "    " + pattern + ") " + action + "return ;;\n";
}

std::string Bash(const std::vector<Words>& commands) {
  std::ostringstream script;
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const Words& command : commands) names.push_back(command.name);
  script << "# bash completion of belvedere: source <(belvedere completion bash)\n"
         << "_belvedere() {\n"
         << "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         << "  case $prev in\n"
         << BashCase(FlagsOfKind(commands, Flag::Value::kFile),
                     "COMPREPLY=($(compgen -f -- \"$cur\")); ")
         << BashCase(FlagsOfKind(commands, Flag::Value::kDirectory),
                     "COMPREPLY=($(compgen -d -- \"$cur\")); ")
         << BashCase(FlagsOfKind(commands, Flag::Value::kWord), "") << "  esac\n"
         << "  if ((COMP_CWORD == 1)); then words=" << Quoted(Joined(names, " ") + " --help")
         << "; else\n"
         << "    case ${COMP_WORDS[1]} in\n";
  for (const Words& command : commands) {
    std::vector<std::string> words = command.arguments;
    for (const Flag& flag : command.flags) words.push_back(flag.name);
    script << "      " << command.name << ") words=" << Quoted(Joined(words, " ")) << " ;;\n";
  }
  script << "    esac\n"
         << "  fi\n"
         << "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         << "}\n"
         << "complete -o filenames -F _belvedere belvedere\n";
  return script.str();
}

// What _arguments of zsh reads: brackets and colons have a meaning there.
std::string ZshText(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string ZshFlag(const Flag& flag) {
  std::string spec = flag.name + "[" + ZshText(flag.description) + "]";
  switch (flag.value) {
    case Flag::Value::kNone:
      break;
    case Flag::Value::kWord:
      spec += ":value:";
      break;
    case Flag::Value::kFile:
      spec += ":file:_files";
      break;
    case Flag::Value::kDirectory:
      spec += ":directory:_files -/";
      break;
  }
  return Quoted(spec);
}

std::string Zsh(const std::vector<Words>& commands) {
  std::ostringstream script;
  script << "#compdef belvedere\n"
         << "# zsh completion of belvedere: source <(belvedere completion zsh)\n"
         << "_belvedere() {\n"
         << "  local -a commands=(\n";
  for (const Words& command : commands) {
    script << "    " << Quoted(command.name + ":" + ZshText(command.description)) << "\n";
  }
  script << "  )\n"
         << "  if ((CURRENT == 2)); then _describe command commands; return; fi\n"
         << "  local command=$words[2]\n"
         << "  shift words\n"
         << "  ((CURRENT--))\n"
         << "  case $command in\n";
  for (const Words& command : commands) {
    script << "    " << command.name << ")\n      _arguments";
    for (const Flag& flag : command.flags) script << " \\\n        " << ZshFlag(flag);
    if (!command.arguments.empty()) {
      script << " \\\n        " << Quoted("1:shell:(" + Joined(command.arguments, " ") + ")");
    }
    script << "\n      ;;\n";
  }
  script << "  esac\n"
         << "}\n"
         << "compdef _belvedere belvedere\n";
  return script.str();
}

std::string FishFlag(const Flag& flag) {
  const bool is_long = flag.name.starts_with("--");
  std::string spec = is_long ? " -l " + flag.name.substr(2) : " -s " + flag.name.substr(1);
  if (flag.value == Flag::Value::kNone) return spec;
  spec += " -r";
  if (flag.value == Flag::Value::kFile) spec += " -F";
  if (flag.value == Flag::Value::kDirectory) spec += " -a '(__fish_complete_directories)'";
  return spec;
}

std::string Fish(const std::vector<Words>& commands) {
  std::ostringstream script;
  script << "# fish completion of belvedere: belvedere completion fish | source\n"
         << "complete -c belvedere -f\n";
  for (const Words& command : commands) {
    script << "complete -c belvedere -n __fish_use_subcommand -a " << command.name << " -d "
           << Quoted(command.description) << "\n";
    const std::string when = Quoted("__fish_seen_subcommand_from " + command.name);
    for (const Flag& flag : command.flags) {
      script << "complete -c belvedere -n " << when << FishFlag(flag) << " -d "
             << Quoted(flag.description) << "\n";
    }
    if (!command.arguments.empty()) {
      script << "complete -c belvedere -n " << when << " -a "
             << Quoted(Joined(command.arguments, " ")) << "\n";
    }
  }
  return script.str();
}

}  // namespace

void AddCompletion(CLI::App& app, Context& context) {
  CLI::App& command =
      *app.add_subcommand("completion", "Print a script that completes commands and flags");
  auto shell = std::make_shared<std::string>();
  command.add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.callback([shell, &app, &context] {
    const std::vector<Words> commands = CommandsOf(app);
    const auto script = *shell == "bash"  ? Bash(commands)
                        : *shell == "zsh" ? Zsh(commands)
                                          : Fish(commands);
    context.streams.out << script;
  });
}

}  // namespace belvedere::cli
