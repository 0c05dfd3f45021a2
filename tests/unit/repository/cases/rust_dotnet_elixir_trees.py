# ruff: noqa: E501 - a tree a line, read sideways
"""Rust, .NET and Elixir: workspaces, solutions, umbrellas, and what only lists a framework."""

from cases import case


def cargo(name="app", extra="", **dependencies):
    listed = "".join(f"{key.replace('_', '-')} = {value}\n" for key, value in dependencies.items())
    return f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n{listed}{extra}'


AXUM = '#[tokio::main]\nasync fn main() {\n    let app = Router::new().route("/", get(root)).route("/health", get(|| async { "ok" }));\n    let listener = tokio::net::TcpListener::bind("0.0.0.0:3000").await.unwrap();\n    axum::serve(listener, app).await.unwrap();\n}\n'


def csproj(sdk="Microsoft.NET.Sdk.Web", framework="net8.0", extra="", packages=(), references=()):
    refs = "".join(f'<PackageReference Include="{name}" Version="1.0.0" />' for name in packages)
    refs += "".join(f'<ProjectReference Include="{name}" />' for name in references)
    return f'<Project Sdk="{sdk}">\n  <PropertyGroup><TargetFramework>{framework}</TargetFramework>{extra}</PropertyGroup>\n  <ItemGroup>{refs}</ItemGroup>\n</Project>\n'


EXE = "<OutputType>Exe</OutputType>"
MINIMAL = 'var builder = WebApplication.CreateBuilder(args);\nvar app = builder.Build();\napp.MapGet("/", () => "Hello World!");\napp.Run();\n'


def mix(*deps, app="hello", project="", application=""):
    listed = ",\n      ".join(deps)
    return f'defmodule {app.title().replace("_", "")}.MixProject do\n  use Mix.Project\n\n  def project do\n    [\n      app: :{app},\n      elixir: "~> 1.16",\n      deps: deps(){project}\n    ]\n  end\n\n  def application do\n    [{application}extra_applications: [:logger]]\n  end\n\n  defp deps do\n    [\n      {listed}\n    ]\n  end\nend\n'


PHOENIX = {
    "lib/hello_web/endpoint.ex": "defmodule HelloWeb.Endpoint do\n  use Phoenix.Endpoint, otp_app: :hello\nend\n",
    "config/runtime.exs": 'import Config\nif config_env() == :prod do\n  secret = System.get_env("SECRET_KEY_BASE") || raise "missing"\nend\n',
}
ROUTER = 'defmodule HelloWeb.Router do\n  scope "/", HelloWeb do\n    pipe_through :browser\n    get "/", PageController, :home\n  end\nend\n'

CASES = [
    case("rust-axum-starter", {"Cargo.toml": cargo(axum='"0.7"', tokio='{ version = "1", features = ["full"] }'), "Cargo.lock": "", "src/main.rs": AXUM}, language="rust", framework="axum", kind="web", port=3000, health_path="/health", start="./target/release/app", needs=[]),
    case("rust-axum-listed-but-prints", {"Cargo.toml": cargo(axum='"0.7"'), "src/main.rs": 'fn main() { println!("hi"); }\n'}, kind="cli", framework=None),
    case("rust-serving-in-a-module", {"Cargo.toml": cargo(actix_web='"4"'), "src/main.rs": "mod startup;\n#[tokio::main]\nasync fn main() { startup::run().await; }\n", "src/startup.rs": 'pub async fn run() { HttpServer::new(|| App::new().route("/health_check", web::get().to(h))).bind("127.0.0.1:8000").unwrap().run().await; }\n'}, framework="actix-web", kind="web", health_path="/health_check", port=8000),
    case("rust-workspace-shared-core", {"Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["crates/*"]\n[workspace.dependencies]\naxum = "0.7"\n', "crates/core/Cargo.toml": cargo("core"), "crates/core/src/lib.rs": "pub fn x() {}", "crates/server/Cargo.toml": '[package]\nname = "shop-server"\n[dependencies]\naxum = { workspace = true }\ncore = { path = "../core" }\n', "crates/server/src/main.rs": AXUM, "crates/cli/Cargo.toml": cargo("shop-cli", clap='"4"'), "crates/cli/src/main.rs": "fn main() {}"}, framework="axum", build=["cargo build --release --bin shop-server"], start="./target/release/shop-server"),
    case("rust-several-bins", {"Cargo.toml": cargo(axum='"0.7"'), "src/bin/server.rs": AXUM, "src/bin/import.rs": "fn main() {}\n"}, start="./target/release/server", kind="web"),
    case("rust-default-run", {"Cargo.toml": cargo(extra="").replace("edition", 'default-run = "two"\nedition'), "src/bin/one.rs": "fn main() {}", "src/bin/two.rs": "fn main() {}"}, start="./target/release/two", kind="cli"),
    case("rust-bin-name", {"Cargo.toml": cargo(extra='\n[[bin]]\nname = "web"\npath = "src/main.rs"\n', warp='"0.3"'), "src/main.rs": 'fn main() { warp::serve(routes).run(([0, 0, 0, 0], 3030)); }'}, framework="warp", start="./target/release/web", port=3030),
    case("rust-rocket-mount", {"Cargo.toml": cargo(rocket='"0.5"'), "Rocket.toml": "[default]\nport = 8001\n", "src/main.rs": '#[macro_use] extern crate rocket;\n#[get("/health")]\nfn health() -> &\'static str { "ok" }\n#[launch]\nfn rocket() -> _ { rocket::build().mount("/api", routes![health]) }\n'}, framework="rocket", health_path="/api/health", port=8001, start="ROCKET_ADDRESS=0.0.0.0 ROCKET_PORT=$PORT ./target/release/app"),
    case("rust-diesel-sqlite", {"Cargo.toml": cargo(rocket='"0.5"', diesel='{ version = "2", features = ["sqlite"] }'), "src/main.rs": '#[launch]\nfn rocket() -> _ { let u = env::var("DATABASE_URL").unwrap(); rocket::build() }\n'}, needs=[]),
    case("rust-sqlx-mysql", {"Cargo.toml": cargo(actix_web='"4"', sqlx='{ version = "0.8", features = ["runtime-tokio", "mysql"] }'), "src/main.rs": 'fn main() { let u = std::env::var("DATABASE_URL").expect("set"); HttpServer::new(App::new).bind(("0.0.0.0", 8080)); }\n'}, needs=["mysql"]),
    case("rust-redis", {"Cargo.toml": cargo(axum='"0.7"', redis='"0.25"'), "src/main.rs": AXUM + 'fn r() { let c = redis::Client::open(std::env::var("REDIS_URL").unwrap()); }\n'}, needs=["redis"]),
    case("rust-serenity-bot", {"Cargo.toml": cargo(serenity='"0.12"'), "src/main.rs": 'fn main() { Client::builder(std::env::var("DISCORD_TOKEN").unwrap(), intents); }\n'}, kind="worker"),
    case("rust-yew-trunk", {"Cargo.toml": cargo(yew='{ version = "0.21", features = ["csr"] }'), "Trunk.toml": "[build]\n", "index.html": '<link data-trunk rel="css">', "src/main.rs": "fn main() { yew::Renderer::<App>::new().render(); }\n"}, kind="static", framework="yew", document_root="dist", language="rust"),
    case("rust-leptos-ssr", {"Cargo.toml": cargo("site", leptos='"0.6"', axum='{ version = "0.7", optional = true }', leptos_axum='{ version = "0.6", optional = true }', extra='\n[features]\nhydrate = ["leptos/hydrate"]\nssr = ["dep:axum", "dep:leptos_axum", "leptos/ssr"]\n').replace("leptos-axum", "leptos_axum"), "src/main.rs": '#[cfg(feature = "ssr")]\nasync fn main() { let app = Router::new().leptos_routes(&o, r, App); axum::serve(listener, app).await }\n', "src/lib.rs": "pub mod app;"}, framework="leptos", kind="web", build=["cargo leptos build --release"], start="LEPTOS_SITE_ADDR=0.0.0.0:$PORT ./target/release/site"),
    case("rust-optional-package-is-off", {"Cargo.toml": cargo(axum='{ version = "0.7", optional = true }', extra='\n[features]\nextra = ["dep:axum"]\n'), "src/main.rs": "fn main() {}\n"}, kind="cli", framework=None),
    case("rust-loco", {"Cargo.toml": cargo("shop", extra='\n[[bin]]\nname = "shop-cli"\npath = "src/bin/main.rs"\n', loco_rs='"0.13"', axum='"0.7"'), "src/bin/main.rs": "use loco_rs::cli;\nasync fn main() { cli::main::<App, Migrator>().await }\n", "src/lib.rs": ""}, framework="loco", start="./target/release/shop-cli start --binding 0.0.0.0 --port $PORT", kind="web"),
    case("rust-tokio-listener-alone", {"Cargo.toml": cargo(tokio='"1"'), "src/main.rs": 'fn main() { let l = TcpListener::bind("0.0.0.0:7878").unwrap(); for s in l.incoming() {} }\n'}, kind="web", framework=None, port=7878),
    case("rust-broken-manifest", {"Cargo.toml": "[package\nname = ", "src/main.rs": "fn main() {}"}, language="rust", package_manager="cargo"),
    case("dotnet-minimal", {"app.csproj": csproj(), "Program.cs": MINIMAL, "appsettings.json": "{}", "Properties/launchSettings.json": "{}"}, language="dotnet", runtime="dotnet", framework="aspnetcore", kind="web", package_manager="nuget", runtime_version="8.0", start="ASPNETCORE_URLS=http://0.0.0.0:$PORT dotnet out/app.dll", build=["dotnet publish app.csproj -c Release -o out"], health_path="/"),
    case("dotnet-global-json", {"app.csproj": csproj(), "Program.cs": MINIMAL, "global.json": '{"sdk":{"version":"8.0.100"}}'}, runtime_version="8.0.100"),
    case("dotnet-clean-architecture", {"Shop.sln": "", "src/Core/Core.csproj": csproj("Microsoft.NET.Sdk"), "src/Infrastructure/Infrastructure.csproj": csproj("Microsoft.NET.Sdk", packages=["Npgsql.EntityFrameworkCore.PostgreSQL"]), "src/Infrastructure/Setup.cs": 'services.AddDbContext<AppDb>(o => o.UseNpgsql(configuration.GetConnectionString("Default")));', "src/Web/Web.csproj": csproj(references=["..\\Core\\Core.csproj", "..\\Infrastructure\\Infrastructure.csproj"]), "src/Web/Program.cs": MINIMAL + 'app.MapHealthChecks("/healthz");', "tests/UnitTests/UnitTests.csproj": csproj("Microsoft.NET.Sdk", packages=["Microsoft.NET.Test.Sdk"])}, framework="aspnetcore", start="ASPNETCORE_URLS=http://0.0.0.0:$PORT dotnet out/Web.dll", build=["dotnet publish src/Web/Web.csproj -c Release -o out"], needs=["postgresql"], health_path="/healthz"),
    case("dotnet-connection-string", {"a.csproj": csproj(packages=["Npgsql.EntityFrameworkCore.PostgreSQL"]), "Program.cs": MINIMAL + 'o.UseNpgsql(builder.Configuration.GetConnectionString("Default"));\n'}, needs=["postgresql"], need_variables={"postgresql": ("ConnectionStrings__Default",)}),
    case("dotnet-aspire-host-is-not-the-service", {"A.sln": "", "A.AppHost/A.AppHost.csproj": csproj("Microsoft.NET.Sdk", extra="<IsAspireHost>true</IsAspireHost>" + EXE), "A.AppHost/Program.cs": "DistributedApplication.CreateBuilder(args)", "A.ApiService/A.ApiService.csproj": csproj(), "A.ApiService/Program.cs": MINIMAL}, start="ASPNETCORE_URLS=http://0.0.0.0:$PORT dotnet out/A.ApiService.dll", kind="web"),
    case("dotnet-assembly-name", {"src.csproj": csproj(extra="<AssemblyName>Shop.Api</AssemblyName>"), "Program.cs": MINIMAL}, start="ASPNETCORE_URLS=http://0.0.0.0:$PORT dotnet out/Shop.Api.dll"),
    case("dotnet-blazor-server", {"B.csproj": csproj(), "Program.cs": "var builder = WebApplication.CreateBuilder(args);\nbuilder.Services.AddRazorComponents().AddInteractiveServerComponents();\n", "Components/Pages/Home.razor": '@page "/"'}, framework="blazor", kind="web", health_path="/"),
    case("dotnet-blazor-wasm-alone", {"B.csproj": csproj("Microsoft.NET.Sdk.BlazorWebAssembly"), "Program.cs": "WebAssemblyHostBuilder.CreateDefault(args);", "wwwroot/index.html": "<html>"}, framework="blazor", kind="static", document_root="out/wwwroot", single_page=True),
    case("dotnet-worker-service", {"W.csproj": csproj("Microsoft.NET.Sdk.Worker"), "Program.cs": "Host.CreateApplicationBuilder(args).Services.AddHostedService<Worker>();", "Worker.cs": "public class Worker : BackgroundService {}"}, kind="worker", framework=None, start="dotnet out/W.dll"),
    case("dotnet-console", {"C.csproj": csproj("Microsoft.NET.Sdk", "net6.0", EXE), "Program.cs": 'Console.WriteLine("Hello, World!");'}, kind="cli", framework=None, runtime_version="6.0"),
    case("dotnet-class-library", {"L.csproj": csproj("Microsoft.NET.Sdk", "netstandard2.0"), "Class1.cs": "public class Class1 {}"}, kind="library", start=None),
    case("dotnet-giraffe", {"G.fsproj": csproj(packages=["Giraffe"]), "Program.fs": 'let webApp = choose [ route "/ping" >=> text "pong"; route "/" >=> text "x" ]\nlet configureApp (app : IApplicationBuilder) = app.UseGiraffe webApp\nHost.CreateDefaultBuilder(args).ConfigureWebHostDefaults(fun w -> ())'}, language="dotnet", kind="web", framework="aspnetcore", health_path="/ping"),
    case("dotnet-sqlite", {"S.csproj": csproj(packages=["Microsoft.EntityFrameworkCore.Sqlite"]), "Program.cs": MINIMAL + 'builder.Services.AddDbContext<Db>(o => o.UseSqlite("Data Source=app.db"));'}, needs=[]),
    case("dotnet-redis-and-mongo", {"R.csproj": csproj(packages=["MongoDB.Driver", "StackExchange.Redis"]), "Program.cs": MINIMAL + 'new MongoClient(Environment.GetEnvironmentVariable("MONGODB_URI")); ConnectionMultiplexer.Connect(Environment.GetEnvironmentVariable("REDIS_URL"));'}, needs=["mongodb", "redis"]),
    case("dotnet-with-spa", {"Shop.csproj": csproj(), "Program.cs": MINIMAL, "ClientApp/package.json": '{"scripts":{"start":"ng serve","build":"ng build"},"dependencies":{"@angular/core":"17"}}', "ClientApp/angular.json": "{}"}, language="dotnet", kind="web", framework="aspnetcore"),
    case("dotnet-far-below-without-solution", {"backend/src/Api/Api.csproj": csproj(), "backend/src/Api/Program.cs": MINIMAL, "frontend/package.json": '{"scripts":{"build":"vite build"},"devDependencies":{"vite":"5"}}', "frontend/index.html": "<html>"}, language="dotnet", kind="web", framework="aspnetcore"),
    case("dotnet-controllers", {"Api.csproj": csproj(), "Program.cs": "var builder = WebApplication.CreateBuilder(args);\nbuilder.Services.AddControllers();\n", "Controllers/HealthController.cs": '[ApiController]\n[Route("api/[controller]")]\npublic class HealthController : ControllerBase\n{\n    [HttpGet]\n    public IActionResult Get() => Ok();\n}\n'}, health_path="/api/health"),
    case("phoenix-new", {"mix.exs": mix('{:phoenix, "~> 1.7.14"}', '{:phoenix_ecto, "~> 4.5"}', '{:ecto_sql, "~> 3.10"}', '{:postgrex, ">= 0.0.0"}', '{:esbuild, "~> 0.8", runtime: Mix.env() == :dev}', '{:bandit, "~> 1.5"}', project=',\n      aliases: ["assets.deploy": ["esbuild hello --minify", "phx.digest"]]', application="mod: {Hello.Application, []}, "), **PHOENIX, "lib/hello_web/router.ex": ROUTER, "lib/hello/repo.ex": "use Ecto.Repo, otp_app: :hello, adapter: Ecto.Adapters.Postgres", "priv/repo/migrations/1_x.exs": ""},
         language="elixir", framework="phoenix", package_manager="mix", kind="web", needs=["postgresql"], port=4000, health_path="/", start="MIX_ENV=prod PHX_SERVER=true mix phx.server", runtime_version="~> 1.16"),
    case("phoenix-release", {"mix.exs": mix('{:phoenix, "~> 1.7"}', application="mod: {Hello.Application, []}, "), **PHOENIX, "lib/hello/release.ex": "defmodule Hello.Release do end", "rel/overlays/bin/server": "", "elixir_buildpack.config": "elixir_version=1.15.7\nerlang_version=26.0\n"}, start="PHX_SERVER=true _build/prod/rel/hello/bin/hello start", runtime_version="1.15.7"),
    case("phoenix-without-ecto", {"mix.exs": mix('{:phoenix, "~> 1.7"}'), **PHOENIX, "lib/hello_web/router.ex": ROUTER.replace('get "/", PageController, :home', 'get "/health", HealthController, :index')}, needs=[], health_path="/health"),
    case("phoenix-behind-login", {"mix.exs": mix('{:phoenix, "~> 1.7"}'), **PHOENIX, "lib/hello_web/router.ex": '  scope "/", HelloWeb do\n    pipe_through [:browser, :require_authenticated_user]\n    get "/", PageController, :home\n  end\n'}, health_path=None),
    case("plug-cowboy", {"mix.exs": mix('{:plug_cowboy, "~> 2.0"}', application="mod: {Hello.Application, []}, "), "lib/hello/application.ex": "children = [{Plug.Cowboy, scheme: :http, plug: Hello.Router, options: [port: 4001]}]", "lib/hello/router.ex": 'defmodule Hello.Router do\n  use Plug.Router\n  get "/" do\n    send_resp(conn, 200, "x")\n  end\nend\n'}, framework="plug", kind="web", port=4001, health_path="/"),
    case("plug-listed-but-unused", {"mix.exs": mix('{:plug, "~> 1.0"}', project=',\n      escript: [main_module: Hello]'), "lib/hello.ex": "defmodule Hello do\n  def main(_), do: IO.puts(1)\nend\n"}, kind="cli", framework=None),
    case("elixir-umbrella", {"mix.exs": 'defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [apps_path: "apps", releases: [shop: [applications: [shop_web: :permanent]]]]\nend\n', "apps/shop/mix.exs": mix('{:ecto_sql, "~> 3.0"}', '{:postgrex, ">= 0.0.0"}', app="shop"), "apps/shop/lib/repo.ex": "use Ecto.Repo, adapter: Ecto.Adapters.Postgres", "apps/shop_web/mix.exs": mix('{:phoenix, "~> 1.7"}', "{:shop, in_umbrella: true}", app="shop_web"), "apps/shop_web/lib/shop_web/endpoint.ex": "use Phoenix.Endpoint, otp_app: :shop_web"}, framework="phoenix", kind="web", needs=["postgresql"], start="PHX_SERVER=true _build/prod/rel/shop/bin/shop start"),
    case("elixir-worker", {"mix.exs": mix('{:broadway, "~> 1.0"}', application="mod: {Hello.Application, []}, "), "lib/hello/application.ex": "defmodule Hello.Application do end"}, kind="worker", start="MIX_ENV=prod mix run --no-halt"),
    case("elixir-hex-package", {"mix.exs": mix('{:ex_doc, "~> 0.30", only: :dev}', project=',\n      description: "x",\n      package: package()'), "lib/hello.ex": "defmodule Hello do end"}, kind="library", start=None),
    case("elixir-tool-versions", {"mix.exs": mix('{:phoenix, "~> 1.7"}'), **PHOENIX, ".tool-versions": "erlang 26.2\nelixir 1.16.2-otp-26\n"}, runtime_version="1.16.2-otp-26"),
]  # fmt: skip
