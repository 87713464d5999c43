#include "operator/cli/manifests.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "controllers/config/yaml.h"

namespace belvedere::cli {
namespace {

namespace fs = std::filesystem;

bool IsSeparator(std::string_view line) {
  return line.starts_with("---") &&
         (line.size() == 3 || std::string_view(" \t\r#").find(line[3]) != std::string_view::npos);
}

bool IsBlank(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

// Documents without any content stay in, as empty text, so that numbers are those of the file.
std::vector<std::string> Documents(std::string_view text) {
  std::vector<std::string> documents(1);
  bool blank = true;
  const auto end = [&documents, &blank] {
    if (blank) documents.back().clear();
    blank = true;
  };
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size);
    if (IsSeparator(line.substr(0, line.find('\n')))) {
      const bool leading = documents.size() == 1 && blank;
      end();
      if (!leading) documents.emplace_back();
      continue;
    }
    if (!IsBlank(line.substr(0, line.find('\n')))) blank = false;
    documents.back() += line;
  }
  end();
  return documents;
}

Status Add(Json object, const std::string& origin, std::vector<Manifest>& into) {
  if (!object.is_object()) return Fail(ErrorCode::kDecode, origin + ": is not an object");
  if (StringAt(object, "/kind") == "List" && At(object, "/items").is_array()) {
    for (const Json& item : object["items"]) {
      if (Status added = Add(item, origin, into); !added) return added;
    }
    return {};
  }
  if (StringAt(object, "/kind").empty() || StringAt(object, "/apiVersion").empty()) {
    return Fail(ErrorCode::kDecode, origin + ": needs apiVersion and kind");
  }
  into.push_back({origin, std::move(object)});
  return {};
}

Result<std::string> ReadAll(std::istream& stream, const std::string& name) {
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) return Fail(ErrorCode::kNotFound, name + ": cannot be read");
  return text;
}

// A directory's manifests, or the path itself.
Result<std::vector<fs::path>> Expand(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<fs::path>{path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string type = entry.path().extension();
    if (type == ".yaml" || type == ".yml" || type == ".json") files.push_back(entry.path());
  }
  if (error) return Fail(ErrorCode::kNotFound, path.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

Status Append(const Result<std::string>& text, const std::string& origin,
              std::vector<Manifest>& into) {
  if (!text) return Fail(text.error());
  Result<std::vector<Manifest>> parsed = ParseManifests(*text, origin);
  if (!parsed) return Fail(parsed.error());
  into.insert(into.end(), std::make_move_iterator(parsed->begin()),
              std::make_move_iterator(parsed->end()));
  return {};
}

Status AppendPath(const std::string& path, std::vector<Manifest>& into) {
  const Result<std::vector<fs::path>> files = Expand(path);
  if (!files) return Fail(files.error());
  for (const fs::path& file : *files) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return Fail(ErrorCode::kNotFound, file.string() + ": cannot be opened");
    if (Status added = Append(ReadAll(stream, file), file, into); !added) return added;
  }
  return {};
}

}  // namespace

Result<std::vector<Manifest>> ParseManifests(std::string_view text, const std::string& origin) {
  std::vector<Manifest> manifests;
  const std::vector<std::string> documents = Documents(text);
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (documents[i].empty()) continue;
    const std::string where =
        documents.size() == 1 ? origin : origin + ", document " + std::to_string(i + 1);
    Result<Json> object = config::ParseYaml(documents[i]);
    if (!object) return Fail(ErrorCode::kDecode, where + ": " + object.error().message);
    if (object->is_null()) continue;
    if (Status added = Add(*std::move(object), where, manifests); !added) {
      return Fail(added.error());
    }
  }
  return manifests;
}

Result<std::vector<Manifest>> ReadManifests(const std::vector<std::string>& paths,
                                            const Streams& streams) {
  std::vector<Manifest> manifests;
  for (const std::string& path : paths) {
    const Status added =
        path == "-" ? Append(ReadAll(streams.in, "standard input"), "standard input", manifests)
                    : AppendPath(path, manifests);
    if (!added) return Fail(added.error());
  }
  return manifests;
}

}  // namespace belvedere::cli
