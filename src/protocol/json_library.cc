// Boost.JSON's own sources, compiled once here: Debian splits its library from the headers, and
// only the parser's few helpers are needed.
#include <boost/json/src.hpp>
