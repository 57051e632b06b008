# Writes OUTPUT, a C++ source that defines quota::catalog::FUNCTION(): the text of the file INPUT.
#
#   cmake -D INPUT=... -D OUTPUT=... -D HEADER=... -D FUNCTION=... -P embed_text.cmake
file(READ "${INPUT}" text)
set(delimiter "embedded")
if(text MATCHES "\\)${delimiter}\"")
  message(FATAL_ERROR "${INPUT} holds the end of the raw string that it is to be put into")
endif()
file(WRITE "${OUTPUT}" "#include \"${HEADER}\"

namespace quota::catalog {

std::string_view ${FUNCTION}() { return R\"${delimiter}(${text})${delimiter}\"; }

}  // namespace quota::catalog
")
