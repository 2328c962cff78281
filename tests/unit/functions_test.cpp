// SPDX-License-Identifier: BSD-2-Clause
//
// From a function's prototype to what is recorded of it, and from the record to what is shown.
#include "tracer/functions.h"

#include <cstring>

#include "tests/catch.h"
#include "tracer/words.h"

using namespace shmpath;

namespace {

TypeSeen integer(unsigned bits, bool is_signed) {
  TypeSeen type;
  type.kind = TypeKind::integer;
  type.bits = bits;
  type.is_signed = is_signed;
  return type;
}

TypeSeen pointer_to(const std::string& name) {
  TypeSeen type;
  type.kind = TypeKind::pointer;
  type.to_struct = true;
  type.name = name;
  return type;
}

TypeSeen returning(TypeKind kind) {
  TypeSeen type;
  type.kind = kind;
  return type;
}

const KernelNames names{.page_flags = {{0, "locked"}, {3, "uptodate"}, {17, "swapbacked"}},
                        .fault_flags = {{1, "WRITE"}, {2, "MKWRITE"}, {0x40, "USER"}},
                        .fault_reasons = {{2, "VM_FAULT_SIGBUS"}, {0x200, "VM_FAULT_LOCKED"}}};
const PageLayout pages{
    .base = 0x1000, .bytes = 64, .swapbacked = 17, .active = 5, .unevictable = 7};

std::string shown(const FunctionSpec& spec, const std::vector<std::uint64_t>& values) {
  Event event;
  event.layer = Layer::kernel;
  event.name = spec.name;
  event.symbol = spec.symbol;
  event.args = function_args(spec, names, pages, values);
  return call_text(event);
}

// The words that a string takes in a record.
void put_text(std::vector<std::uint64_t>& values, const char* text) {
  std::uint64_t words[TEXT_VALUES] = {};
  std::memcpy(words, text, std::min(strlen(text), sizeof(words) - 1));
  values.insert(values.end(), std::begin(words), std::end(words));
}

std::string returned(TypeSeen type, std::int64_t ret, std::string* error = nullptr) {
  FunctionSpec spec;
  spec.ret = std::move(type);
  std::string said;
  Value value = function_ret(spec, names, ret, said);
  if (error) *error = said;
  return value_text(value);
}

}  // namespace

TEST_CASE("a fault's address, offset and flags are taken from its struct vm_fault") {
  FunctionSpec spec =
      make_spec("shmem_fault", "", Prototype{{{"vmf", pointer_to("vm_fault")}}, {}});
  function_layout layout = layout_of(spec);
  CHECK(layout.args == 1);
  CHECK(layout.values == 3);
  CHECK(layout.wide == 0);
  CHECK(layout.arg[0].take == TAKE_FAULT);
  CHECK(shown(spec, {0x7f31000, 2, 0x41}) ==
        "shmem_fault(address=0x7f31000, pgoff=2, flags=WRITE|USER)");
  CHECK(shown(spec, {0x7f31000, 2, 0x1040}) ==
        "shmem_fault(address=0x7f31000, pgoff=2, flags=USER|0x1000)");
}

TEST_CASE("a folio is shown by frame, flags, inode and index, and its list where that is chosen") {
  Prototype prototype{{{"lruvec", pointer_to("lruvec")}, {"folio", pointer_to("folio")}}, {}};
  FunctionSpec spec = make_spec("lru_add", "lru_add_fn", prototype);
  CHECK(layout_of(spec).arg[0].reg == 1);
  CHECK(shown(spec, {0x1000 + 64 * 9, 1U << 17 | 8, 77, 3}) ==
        "lru_add [lru_add_fn](pfn=9, flags=uptodate|swapbacked, inode=77, index=3, "
        "lru=inactive_anon)");
  FunctionSpec plain = make_spec("folio_add_lru", "", Prototype{{prototype.parameters[1]}, {}});
  CHECK(shown(plain, {0x1000, 0, 0, 0}) == "folio_add_lru(pfn=0, flags=0)");
  CHECK(shown(plain, {0xfff, 8, 0, 0}) == "folio_add_lru(flags=uptodate)");
  CHECK(shown(plain, {0, 0, 0, 0}) == "folio_add_lru(folio=NULL)");
}

TEST_CASE("a name that an argument before it has is written with its parameter") {
  Prototype prototype{
      {{"inode", pointer_to("inode")}, {"file", pointer_to("file")}, {"index", integer(64, false)}},
      {}};
  FunctionSpec spec = make_spec("f", "", prototype);
  CHECK(shown(spec, {5, 6, 7}) == "f(inode=5, file_inode=6, index=7)");
  CHECK(shown(make_spec("f", "", prototype, {"index"}), {5, 6, 7}) == "f(index=7)");
}

TEST_CASE("integers are cut to their type, and addresses, flags and modes are shown as such") {
  Prototype prototype{{{"shmid", integer(32, true)},
                       {"shmaddr", returning(TypeKind::pointer)},
                       {"shmflg", integer(32, true)},
                       {"mode", integer(16, false)}},
                      {}};
  FunctionSpec spec = make_spec("do_shmat", "", prototype);
  CHECK(shown(spec, {0xdeadbeefffffffff, 0, 0x1000, 0xffff81ff}) ==
        "do_shmat(shmid=-1, shmaddr=NULL, shmflg=0x1000, mode=0100777)");
}

TEST_CASE("a dma-buf is shown by its exporter's name, which reaches no terminal as it is") {
  Prototype prototype{{{"exp_info", pointer_to("dma_buf_export_info")}}, {}};
  FunctionSpec spec = make_spec("dma_buf_export", "", prototype);
  std::vector<std::uint64_t> values = {4096, 2};
  put_text(values, "udma\033[2Jbuf");
  CHECK(shown(spec, values) == "dma_buf_export(exp_name=udma\\x1b[2Jbuf, size=4096, flags=0x2)");
  std::vector<std::uint64_t> cut = {4096, 2};
  put_text(cut, "0123456789012345678901234567890123456789");
  CHECK(shown(spec, cut).find("0123456789012345678901234567890…") != std::string::npos);
}

TEST_CASE("what a shorter record does not hold is not shown") {
  FunctionSpec spec =
      make_spec("shmem_fault", "", Prototype{{{"vmf", pointer_to("vm_fault")}}, {}});
  CHECK(shown(spec, {1, 2}) == "shmem_fault()");
}

TEST_CASE("a parameter that says nothing, or that no register holds, is left out") {
  Prototype prototype;
  prototype.parameters.push_back({"private", pointer_to("some_struct")});
  for (const char* name : {"a", "b", "c", "d", "e", "in_memory"})
    prototype.parameters.push_back({name, integer(64, false)});
  FunctionSpec spec = make_spec("f", "", prototype);
  CHECK(shown(spec, {1, 2, 3, 4, 5}) == "f(a=1, b=2, c=3, d=4, e=5)");
}

TEST_CASE("arguments take no more values than a record has room for") {
  Prototype prototype;
  for (const char* name : {"a", "b", "c", "d"})
    prototype.parameters.push_back({name, pointer_to("dma_buf")});
  FunctionSpec spec = make_spec("f", "", prototype);
  CHECK(layout_of(spec).args == 2);
  CHECK(layout_of(spec).values <= MAX_FUNCTION_VALUES);
  CHECK(layout_of(spec).wide == 1);
}

TEST_CASE("a function without a prototype is shown without arguments, and returns hex") {
  FunctionSpec spec = make_spec("ksys_shmctl", "ksys_shmctl.constprop.0", std::nullopt);
  CHECK(layout_of(spec).args == 0);
  CHECK(shown(spec, {}) == "ksys_shmctl [ksys_shmctl.constprop.0]()");
  std::string error;
  CHECK(value_text(function_ret(spec, names, -2, error)) == "0xfffffffffffffffe");
  CHECK(error.empty());
}

TEST_CASE("return values are shown by their type") {
  std::string error;
  TypeSeen fault = integer(32, false);
  fault.name = "vm_fault_t";
  CHECK(returned(fault, 0x200) == "VM_FAULT_LOCKED");
  CHECK(returned(fault, 0) == "0");
  CHECK(returned(returning(TypeKind::nothing), 99) == "void");
  CHECK(returned(integer(32, true), 0xfffffffe, &error) == "-2");
  CHECK(error == "ENOENT");
  CHECK(returned(integer(32, true), 7, &error) == "7");
  CHECK(error.empty());
  CHECK(returned(integer(32, false), 0xfffffffe, &error) == "4294967294");
  CHECK(error.empty());
  CHECK(returned(returning(TypeKind::pointer), -12, &error) == "-12");
  CHECK(error == "ENOMEM");
  CHECK(returned(returning(TypeKind::pointer), 0) == "NULL");
  CHECK(returned(integer(64, false), 0x7f3100000000) == "0x7f3100000000");
  CHECK(returned(returning(TypeKind::boolean), 0xff01) == "true");
}
