# ruff: noqa: E501 - a tree a line, read sideways
"""Ruby: Rails, Rack and its kin, generators, workers, gems."""

from cases import case

RAILS = {
    "config/application.rb": 'require_relative "boot"\nrequire "rails/all"\nmodule Blog\n  class Application < Rails::Application\n    config.load_defaults 7.1\n  end\nend\n',
    "config.ru": 'require_relative "config/environment"\nrun Rails.application\n',
    "bin/rails": "#!/usr/bin/env ruby\n",
    "Rakefile": "",
}
GEMFILE = 'source "https://rubygems.org"\nruby "3.2.2"\n'
ROUTES = "Rails.application.routes.draw do\n{}\nend\n"

CASES = [
    case("rails-new-8", {**RAILS, "Gemfile": 'source "https://rubygems.org"\ngem "rails", "~> 8.0.0"\ngem "propshaft"\ngem "sqlite3", ">= 2.1"\ngem "puma", ">= 5.0"\ngem "importmap-rails"\ngem "solid_cache"\ngem "solid_queue"\ngem "thruster", require: false\n', ".ruby-version": "ruby-3.4.1\n", "bin/jobs": "", "bin/thrust": "", "config/puma.rb": 'port ENV.fetch("PORT", 3000)\nplugin :solid_queue if ENV["SOLID_QUEUE_IN_PUMA"]\n', "config/database.yml": "default: &default\n  adapter: sqlite3\nproduction:\n  primary:\n    <<: *default\n    database: storage/production.sqlite3\n", "config/routes.rb": ROUTES.format('  get "up" => "rails/health#show", as: :rails_health_check\n  # root "posts#index"'), "Dockerfile": 'FROM docker.io/library/ruby:3.4.1-slim AS base\nEXPOSE 80\nCMD ["./bin/thrust", "./bin/rails", "server"]\n'},
         language="ruby", framework="rails", package_manager="bundler", kind="web", runtime_version="3.4.1", needs=[], health_path="/up"),
    case("rails-heroku-started", {**RAILS, "Gemfile": GEMFILE + 'gem "rails", "~> 7.0"\ngem "pg"\ngem "puma"\ngem "sprockets-rails"\n', "Gemfile.lock": "RUBY VERSION\n   ruby 3.2.2p53\n", "Procfile": "web: bundle exec puma -C config/puma.rb\nrelease: bin/rails db:migrate\n", "config/puma.rb": "port ENV['PORT']\n", "config/database.yml": "default: &default\n  adapter: postgresql\n  encoding: unicode\nproduction:\n  <<: *default\n  database: x\n", "config/routes.rb": ROUTES.format('  root "welcome#index"'), "db/schema.rb": ""},
         start="bundle exec puma -C config/puma.rb", needs=["postgresql"], health_path="/", runtime_version="3.2.2", processes={"web": "bundle exec puma -C config/puma.rb", "release": "bin/rails db:migrate"}),
    case("rails-mysql", {**RAILS, "Gemfile": GEMFILE + 'gem "rails"\ngem "mysql2"\n', "config/database.yml": "default: &default\n  adapter: mysql2\nproduction:\n  <<: *default\n"}, needs=["mysql"], framework="rails"),
    case("rails-postgres-without-url", {**RAILS, "Gemfile": GEMFILE + 'gem "rails"\ngem "pg"\n', "config/database.yml": "default: &default\n  adapter: postgresql\nproduction:\n  <<: *default\n  database: shop_production\n"}, needs=["postgresql"], need_variables={"postgresql": ("DATABASE_URL",)}),
    case("rails-engine-is-a-gem", {"Gemfile": "source 'x'\ngemspec\n", "blog.gemspec": 'Gem::Specification.new do |s|\n  s.add_dependency "rails", ">= 6"\nend\n', "lib/blog/engine.rb": "module Blog\n  class Engine < ::Rails::Engine\n  end\nend\n"}, kind="library", framework=None),
    case("rails-listed-but-a-script", {"Gemfile": GEMFILE + 'gem "rails"\n', "main.rb": 'puts "hi"\n'}, kind="cli", framework=None, start="bundle exec ruby main.rb"),
    case("rails-jsbundling", {**RAILS, "Gemfile": GEMFILE + 'gem "rails"\ngem "jsbundling-rails"\ngem "pg"\n', "package.json": '{"scripts":{"build":"esbuild app/javascript/*.* --bundle --outdir=app/assets/builds"},"dependencies":{"esbuild":"0.20"}}', "yarn.lock": "", "app/assets/config/manifest.js": ""}, language="ruby", framework="rails", build=["bundle install", "yarn install --frozen-lockfile", "bundle exec rails assets:precompile"]),
    case("rails-api-health-scope", {**RAILS, "Gemfile": GEMFILE + 'gem "rails"\n', "config/routes.rb": ROUTES.format('  namespace :api do\n    get "health", to: "health#show"\n  end')}, health_path="/api/health"),
    case("rails-good-job", {**RAILS, "Gemfile": GEMFILE + 'gem "rails"\ngem "good_job"\ngem "pg"\n', "config/database.yml": "production:\n  adapter: postgresql\n"}, processes={"worker": "bundle exec good_job start", "web": "bin/rails server -b 0.0.0.0 -p $PORT"}, needs=["postgresql"]),
    case("rails-redis-for-cable-only-in-test", {**RAILS, "Gemfile": GEMFILE + 'gem "rails"\ngem "pg"\ngroup :test do\n  gem "redis"\nend\n', "config/database.yml": "production:\n  adapter: postgresql\n"}, needs=["postgresql"], optional_needs=[]),
    case("rails-without-bin", {"Gemfile": GEMFILE + 'gem "rails"\n', "config/application.rb": RAILS["config/application.rb"]}, start="bundle exec rails server -b 0.0.0.0 -p $PORT", kind="web"),
    case("sinatra-modular-run", {"Gemfile": GEMFILE + 'gem "sinatra"\ngem "puma"\n', "app.rb": "require 'sinatra/base'\nclass App < Sinatra::Base\n  get '/healthz' do\n    'ok'\n  end\n  run! if app_file == $0\nend\n"}, framework="sinatra", kind="web", start="bundle exec ruby app.rb -o 0.0.0.0 -p $PORT", health_path="/healthz"),
    case("sinatra-without-bundle", {"app.rb": "require 'sinatra'\n\nget '/' do\n  'Hello'\nend\n"}, language="ruby", framework="sinatra", kind="web", package_manager=None, start="ruby app.rb -o 0.0.0.0 -p $PORT"),
    case("sinatra-puma-config", {"Gemfile": GEMFILE + 'gem "sinatra"\ngem "puma"\n', "config.ru": "require './app'\nrun Sinatra::Application\n", "app.rb": "require 'sinatra'\nget('/') { 'x' }\n", "config/puma.rb": 'port ENV.fetch("PORT") { 9292 }\n'}, start="bundle exec puma -C config/puma.rb"),
    case("sinatra-activerecord-sqlite-or-postgres", {"Gemfile": GEMFILE + 'gem "sinatra"\ngem "sinatra-activerecord"\ngroup :production do\n  gem "pg"\nend\ngroup :development do\n  gem "sqlite3"\nend\n', "config.ru": "run Sinatra::Application\n", "Rakefile": "require 'sinatra/activerecord/rake'\n", "app.rb": "require 'sinatra'\nset :database, ENV['DATABASE_URL'] || 'sqlite3:db/development.sqlite3'\n", "db/migrate/1_x.rb": ""}, needs=[], framework="sinatra"),
    case("rack-unicorn", {"Gemfile": GEMFILE + 'gem "rack"\ngem "unicorn"\n', "config.ru": "run lambda { |env| [200, {}, ['hi']] }\n"}, framework="rack", start="bundle exec unicorn -p $PORT"),
    case("roda", {"Gemfile": GEMFILE + 'gem "roda"\ngem "puma"\n', "config.ru": "require './app'\nrun App.freeze.app\n", "app.rb": "require 'roda'\nclass App < Roda\n  route do |r|\n    r.root { 'x' }\n    r.get 'health' do\n      'ok'\n    end\n  end\nend\n"}, framework="roda", health_path="/health"),
    case("hanami", {"Gemfile": GEMFILE + 'gem "hanami", "~> 2.1"\ngem "puma"\n', "config.ru": 'require "hanami/boot"\nrun Hanami.app\n', "config/app.rb": 'require "hanami"\nmodule Bookshelf\n  class App < Hanami::App\n  end\nend\n', "config/puma.rb": 'port ENV.fetch("HANAMI_PORT", ENV.fetch("PORT", "2300"))\n'}, framework="hanami", kind="web", start="bundle exec puma -C config/puma.rb"),
    case("grape", {"Gemfile": GEMFILE + 'gem "grape"\ngem "puma"\n', "config.ru": "require './api'\nrun API\n", "api.rb": "class API < Grape::API\n  get :status do\n    {}\n  end\nend\n"}, framework="grape", kind="web"),
    case("jekyll-theme-gem", {"Gemfile": 'source "https://rubygems.org"\ngem "github-pages", group: :jekyll_plugins\n', "_config.yml": "title: Me\ntheme: minima\n", "index.md": "---\nlayout: home\n---\n"}, language="ruby", framework="jekyll", kind="static", document_root="_site", start=None),
    case("middleman", {"Gemfile": 'gem "middleman", "~> 4.5"\n', "config.rb": "activate :autoprefixer\n", "source/index.html.erb": "<h1>"}, framework="middleman", kind="static", document_root="build"),
    case("ruby-tcp-server", {"server.rb": "require 'socket'\nserver = TCPServer.new(ENV.fetch('PORT', 8080).to_i)\nloop do\n  client = server.accept\nend\n"}, kind="web", framework=None, start="ruby server.rb"),
    case("ruby-discord-bot", {"Gemfile": GEMFILE + 'gem "discordrb"\n', "bot.rb": "bot = Discordrb::Bot.new token: ENV['TOKEN']\nbot.run\n"}, kind="worker", start="bundle exec ruby bot.rb"),
    case("ruby-sidekiq-alone", {"Gemfile": GEMFILE + 'gem "sidekiq"\n', "worker.rb": "require 'sidekiq'\nclass Hard\n  include Sidekiq::Job\n  def perform; end\nend\n"}, kind="worker", needs=["redis"]),
    case("ruby-gem-with-executable", {"Gemfile": "gemspec\n", "tool.gemspec": "Gem::Specification.new { |s| s.executables = ['tool'] }\n", "exe/tool": "#!/usr/bin/env ruby\n", "lib/tool.rb": "module Tool; end\n"}, language="ruby", package_manager="bundler"),
    case("ruby-tool-versions", {"Gemfile": 'source "x"\ngem "rack"\n', ".tool-versions": "ruby 3.1.4\n", "config.ru": "run A\n"}, runtime_version="3.1.4"),
    case("ruby-wrong-lock", {"Gemfile": GEMFILE + 'gem "sinatra"\n', "yarn.lock": "", "app.rb": "require 'sinatra'\nget('/') { }\n"}, package_manager="bundler", language="ruby"),
]  # fmt: skip
