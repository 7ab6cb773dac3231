// SPDX-License-Identifier: MIT
// The command line of ima-verify.
#ifndef USERSPACE_TESTS_TOOLS_OPTIONS_H_
#define USERSPACE_TESTS_TOOLS_OPTIONS_H_

#include <string>
#include <vector>

namespace ima {

// As given; an empty string stands for an option that is absent.
struct Options {
  std::string quote;
  std::string signature;
  std::string key;
  std::string nonce;
  std::string pcrs;
  std::string bank;
  std::string column = "sha1";
  std::vector<std::string> allowed_templates;
  bool exact = false;
  bool json = false;
  std::vector<std::string> files;
};

}  // namespace ima

#endif  // USERSPACE_TESTS_TOOLS_OPTIONS_H_
