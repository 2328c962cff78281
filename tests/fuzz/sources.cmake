# SPDX-License-Identifier: BSD-2-Clause
# Of the tracer's sources what the fuzz targets reach, most of it compiled as a few large files, so that it is
# built in a minute. When a target does not link, what it misses is to be added. `apart` are those that do not
# compile with the others, for they have names of their own that another has too.
set(apart calls_file calls_ipc calls_memory calls_path calls_process calls_time_and_poll calls_user options_exercise
  strace_words trace_parser trace_source words)
set(sources calls calls_bpf calls_out elf ends fields files first_steps flow identity in_guest inherited json_text options
  options_grade options_hidden options_tree options_vm path render_jsonl render_perfetto render_strace render_tree replay rubric_file
  screen_text stack_ends syscalls target text trace_events trace_json trace_reader tree_lines tree_thread version ${apart})
list(TRANSFORM sources APPEND .cpp)
list(TRANSFORM apart APPEND .cpp)
set_source_files_properties(${apart} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
set(CMAKE_UNITY_BUILD ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 16)
