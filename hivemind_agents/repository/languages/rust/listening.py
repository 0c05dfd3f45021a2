"""What serves requests in a Rust program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hivemind_agents.repository.readers.code import Hit

if TYPE_CHECKING:
    from hivemind_agents.repository.languages.rust.project import Program


@dataclass(frozen=True, slots=True)
class Server:
    """A framework: its crates, the code that listens, the port by convention."""

    name: str
    crates: tuple[str, ...]
    code: str
    port: int = 3000


SERVERS = (
    Server("loco", ("loco-rs",), r"loco_rs|cli::main", 5150),
    Server(
        "leptos",
        ("leptos_axum", "leptos_actix"),
        r"leptos_routes|axum::serve|HttpServer::new",
        3000,
    ),
    Server(
        "rocket",
        ("rocket",),
        r"#\[(?:rocket::)?launch\]|rocket::(?:build|ignite|custom)\b|\.launch\(",
        8000,
    ),
    Server("actix-web", ("actix-web",), r"HttpServer::new|ShuttleActixWeb", 8080),
    Server("poem", ("poem", "poem-openapi"), r"Server::new\(|ShuttlePoem", 3000),
    Server("salvo", ("salvo",), r"Server::new\(|\.serve\(", 5800),
    Server("warp", ("warp",), r"warp::serve", 3030),
    Server(
        "axum",
        ("axum",),
        r"axum::serve|Server::bind|\bserve\(|axum_server|ShuttleAxum|lambda_http|\.into_make_service",
        3000,
    ),
    Server("tide", ("tide",), r"\.listen\(", 8080),
    Server("gotham", ("gotham",), r"gotham::start|gotham::init_server", 7878),
    Server("ntex", ("ntex",), r"HttpServer::new|web::server", 8080),
    Server("viz", ("viz",), r"\bserve\(|Server::bind", 3000),
    Server("thruster", ("thruster",), r"\.start\(|Server::new", 4321),
    Server("trillium", ("trillium",), r"trillium_\w+::(?:run|config)", 8080),
    Server("iron", ("iron",), r"Iron::new|\.http\(", 3000),
    Server("nickel", ("nickel",), r"\.listen\(", 6767),
    Server("rouille", ("rouille",), r"start_server|Server::new", 8000),
    Server("tiny-http", ("tiny_http",), r"Server::http", 8000),
    Server("tonic", ("tonic",), r"Server::builder\(", 50051),
    Server(
        "hyper", ("hyper",), r"Server::bind|http1::Builder|serve_connection|http::Builder", 3000
    ),
)
_SOCKET = Server("", (), r"TcpListener::bind", 8080)


@dataclass(frozen=True, slots=True)
class Serving:
    """`server.name` is "" of a bare socket."""

    server: Server
    listed: str | None
    hit: Hit


def serving_framework(program: Program) -> Serving | None:
    """The framework whose crate is listed and whose call to listen is in the program."""
    for server in SERVERS:
        listed = program.listed(*server.crates)
        hit = program.first(server.code) if listed else None
        if listed and hit:
            return Serving(server, listed.where, hit)
    hit = program.first(_SOCKET.code)
    return Serving(_SOCKET, None, hit) if hit else None
