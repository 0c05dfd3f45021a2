"""What serves requests in a Go program: a framework's own call, or the standard library's."""

import re
from dataclasses import dataclass

from hivemind_agents.repository.languages.go.program import Program
from hivemind_agents.repository.readers.code import Hit

# A port that nobody can change.
FIXED_PORT = r"(?:ListenAndServe|Run|Start|Listen)\(\s*\"[\w.]*:(\d{2,5})\""
# framework: (import paths, the call that listens beside the standard library's, port)
FRAMEWORKS: dict[str, tuple[tuple[str, ...], str, int]] = {
    "buffalo": (("github.com/gobuffalo/buffalo",), r"\.Serve\(|buffalo\.New\(", 3000),
    "beego": (("github.com/beego/beego", "github.com/astaxie/beego"), r"\b\w+\.Run\(", 8080),
    "revel": (("github.com/revel/revel",), r"revel\.\w+", 9000),
    "gofr": (("gofr.dev/pkg/gofr",), r"\.Run\(", 8000),
    "pocketbase": (("github.com/pocketbase/pocketbase",), r"\.Start\(", 8090),
    "gin": (("github.com/gin-gonic/gin",), r"\.Run(?:TLS|Listener)?\(", 8080),
    "echo": (("github.com/labstack/echo",), r"\.Start(?:TLS|AutoTLS|Server|H2CServer)?\(", 1323),
    "fiber": (("github.com/gofiber/fiber",), r"\.Listen(?:TLS|er)?\(", 3000),
    "iris": (("github.com/kataras/iris",), r"\.(?:Listen|Run)\(", 8080),
    "hertz": (("github.com/cloudwego/hertz",), r"\.Spin\(|\.Run\(", 8888),
    "go-zero": (("github.com/zeromicro/go-zero/rest",), r"\.Start\(", 8888),
    "kratos": (("github.com/go-kratos/kratos",), r"\.Run\(", 8000),
    "martini": (
        ("github.com/go-martini/martini", "github.com/codegangsta/martini"),
        r"\.Run\(",
        3000,
    ),
    "macaron": (("gopkg.in/macaron.v1", "github.com/go-macaron/macaron"), r"\.Run\(", 4000),
    "goframe": (("github.com/gogf/gf",), r"\.Run\(", 8000),
    "goji": (("github.com/zenazn/goji", "goji.io"), r"goji\.Serve\(", 8000),
    "fuego": (("github.com/go-fuego/fuego",), r"\.Run\(", 9999),
    "chi": (("github.com/go-chi/chi",), r"(?!)", 8080),
    "gorilla-mux": (("github.com/gorilla/mux",), r"(?!)", 8080),
    "httprouter": (("github.com/julienschmidt/httprouter",), r"(?!)", 8080),
    "fasthttp": (("github.com/valyala/fasthttp",), r"(?!)", 8080),
    "negroni": (("github.com/urfave/negroni", "github.com/codegangsta/negroni"), r"\.Run\(", 8080),
}
STANDARD = (
    r"\.ListenAndServe(?:TLS)?\(|\bhttp\.Serve(?:TLS)?\(|\bListenAndServe(?:TLS)?\(|"
    r"(?:server|srv|httpServer|s)\.Serve\(\s*\w|autotls\.Run"
)
_GRPC = r"\bgrpc\.NewServer\("
_SOCKET = r"\bnet\.Listen\(\s*\"tcp"


@dataclass(frozen=True, slots=True)
class Serving:
    """Which framework listens, and where. `name` is None of a bare socket."""

    name: str | None
    hit: Hit
    port: int


def serving_framework(program: Program) -> Serving | None:
    """The framework whose call to listen is in the code; merely imported is not enough."""
    standard = program.first(STANDARD)
    for name, (paths, call, port) in FRAMEWORKS.items():
        if program.imported(*paths):
            own = program.first(call) or standard
            if own:
                return Serving(name, own, port)
    if standard and program.imported("net/http"):
        return Serving("net/http", standard, 8080)
    if program.imported("google.golang.org/grpc"):
        found = program.first(_GRPC)
        if found:
            return Serving("grpc", found, 50051)
    socket = program.first(_SOCKET)
    return Serving(None, socket, 8080) if socket and re.search("Accept", _text(program)) else None


def _text(program: Program) -> str:
    return "\n".join(text for _, text in program.files)
