# Writes ${OUT}: the rule files ${FILES} (separated by "|") as string constants.
string(REPLACE "|" ";" files "${FILES}")
set(entries "")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" text)
  string(APPEND entries "      {\"${name}\", R\"belvedere_rules(${text})belvedere_rules\"},\n")
endforeach()
file(WRITE "${OUT}" "#include \"controllers/config/rules.h\"

namespace belvedere::config {

const std::map<std::string_view, std::string_view>& EmbeddedRuleFiles() {
  static const std::map<std::string_view, std::string_view> kFiles{
${entries}  };
  return kFiles;
}

}  // namespace belvedere::config
")
