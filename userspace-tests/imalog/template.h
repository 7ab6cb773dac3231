// SPDX-License-Identifier: MIT
// Templates: which fields a record has, and whether its data fits them.
//
// No digest covers the template name, so it must be known here and the data
// must have the form of its fields. Source: builtin_templates[] and
// supported_fields[] in security/integrity/ima/ima_template.c.
#ifndef USERSPACE_TESTS_IMALOG_TEMPLATE_H_
#define USERSPACE_TESTS_IMALOG_TEMPLATE_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imalog/reader.h"

namespace ima {

// The form of one field's bytes.
enum class FieldForm {
  kPlainDigest,   // 16 or 20 bytes
  kDigest,        // "ALGORITHM:", NUL, digest
  kTypedDigest,   // "ima:ALGORITHM:" or "verity:ALGORITHM:", NUL, digest
  kModsigDigest,  // as kDigest, or empty
  kString,        // text and one NUL
  kSignature,     // empty, or a signature as in security.ima or security.evm
  kEvmSignature,  // empty, or a portable signature as in security.evm
  kUint16,        // 2 bytes, or empty
  kUint32,        // 4 bytes, or empty
  kAny,
};

// The fields of template data, each after its length there, or nothing if they
// do not end where the data does. Those of template `ima` have no such layout.
std::optional<std::vector<Bytes>> SplitFields(Bytes data);

// Checks records against their templates; remembers the names seen.
class TemplateChecker {
 public:
  // `also_allowed`: names accepted without knowing their fields, whose data
  // must still be a sequence of fields, each after its 32-bit length.
  explicit TemplateChecker(std::vector<std::string> also_allowed = {});

  // What is wrong with the template of `record`, or nothing.
  std::optional<std::string> FindFault(const Record& record);

 private:
  // The forms of the fields, empty for an allowed name, null if unknown.
  const std::vector<FieldForm>* FindFields(std::string_view name);

  std::map<std::string, std::vector<FieldForm>, std::less<>> known_;
};

}  // namespace ima

#endif  // USERSPACE_TESTS_IMALOG_TEMPLATE_H_
