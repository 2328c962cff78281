// SPDX-License-Identifier: BSD-2-Clause
//
// Whether the files of a stored kernel are what was fetched.
#pragma once

#include <filesystem>
#include <string>

#include "tracer/kernels_store.h"

namespace shmpath {

// Completes a manifest, whose files have their names only: sizes, checksums, and what is in the
// tree of modules. Throws Failure.
void add_facts(const std::filesystem::path& folder, Manifest& manifest);

// What differs between the folder and its manifest, or "". The files listed are compared byte for
// byte by their checksums; the tree of modules, some hundred megabytes, by number and size.
std::string fault_of(const std::filesystem::path& folder, const Manifest& manifest);

}  // namespace shmpath
