# ruff: noqa: E501 - a tree a line, read sideways
"""Flask as people publish it."""

from cases import DISK, PIP, asgi, case, either, like, wsgi

HELLO = 'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route("/")\ndef home():\n    return "Hello, World!"\n'
RUN = '\n\nif __name__ == "__main__":\n    app.run(debug=True)\n'
PY = {"language": "python", "kind": "web", "framework": "flask"}

CASES = [
    case("a-flask-hello", {
        "app.py": HELLO + RUN, "requirements.txt": "click==8.1.7\nFlask==3.0.3\ngunicorn==22.0.0\nitsdangerous==2.2.0\nJinja2==3.1.4\nMarkupSafe==2.1.5\nWerkzeug==3.0.3\n",
        "README.md": "# Hello Flask\n\nRun `python app.py`.\n", ".gitignore": "venv/\n__pycache__/\n"},
         **PY, package_manager="pip", start=wsgi("app:app"), needs=[], optional_needs=[], health_path="/"),
    case("a-flask-port-main", {
        "main.py": "import os\nfrom flask import Flask, jsonify\n\napp = Flask(__name__)\n\n@app.route('/')\ndef index():\n    return jsonify({'Choo Choo': 'Welcome to your Flask app'})\n\nif __name__ == '__main__':\n    app.run(host='0.0.0.0', port=int(os.environ.get('PORT', 8080)))\n",
        "requirements.txt": "flask\n"},
         **PY, package_manager="pip", start=either(wsgi("main:app"), "python main.py"), needs=[], health_path="/"),
    case("a-flask-no-manifest", {"server.py": HELLO + RUN, "templates/index.html": "<h1>hi</h1>", "README.md": "pip install flask\npython server.py\n"},
         **PY, package_manager=PIP, start=wsgi("server:app"), needs=[]),
    case("a-flaskr-package", {
        "pyproject.toml": "[project]\nname = 'flaskr'\nversion = '1.0.0'\ndependencies = ['flask']\n[project.optional-dependencies]\ntest = ['pytest']\n[build-system]\nrequires = ['flit_core<4']\nbuild-backend = 'flit_core.buildapi'\n",
        "flaskr/__init__.py": "import os\nfrom flask import Flask\n\ndef create_app(test_config=None):\n    app = Flask(__name__, instance_relative_config=True)\n    app.config.from_mapping(SECRET_KEY='dev', DATABASE=os.path.join(app.instance_path, 'flaskr.sqlite'))\n    if test_config is None:\n        app.config.from_pyfile('config.py', silent=True)\n    os.makedirs(app.instance_path, exist_ok=True)\n    @app.route('/hello')\n    def hello():\n        return 'Hello'\n    from . import db, auth, blog\n    db.init_app(app)\n    app.register_blueprint(auth.bp)\n    app.register_blueprint(blog.bp)\n    app.add_url_rule('/', endpoint='index')\n    return app\n",
        "flaskr/db.py": "import sqlite3\nimport click\nfrom flask import current_app, g\n\ndef get_db():\n    if 'db' not in g:\n        g.db = sqlite3.connect(current_app.config['DATABASE'])\n    return g.db\n\n@click.command('init-db')\ndef init_db_command():\n    click.echo('Initialized')\n\ndef init_app(app):\n    app.cli.add_command(init_db_command)\n",
        "flaskr/auth.py": "from flask import Blueprint, session, redirect\nbp = Blueprint('auth', __name__, url_prefix='/auth')\n@bp.route('/login', methods=('GET', 'POST'))\ndef login():\n    return 'login'\n",
        "flaskr/blog.py": "from flask import Blueprint\nfrom .db import get_db\nbp = Blueprint('blog', __name__)\n@bp.route('/')\ndef index():\n    posts = get_db().execute('SELECT * FROM post').fetchall()\n    return str(posts)\n",
        "flaskr/schema.sql": "CREATE TABLE post (id INTEGER PRIMARY KEY AUTOINCREMENT);\n",
        "tests/conftest.py": "import pytest\nfrom flaskr import create_app\n@pytest.fixture\ndef app():\n    yield create_app({'TESTING': True})\n",
        "tests/test_blog.py": "def test_index(client):\n    assert client.get('/').status_code == 200\n"},
         **PY, package_manager="pip", start=wsgi("flaskr:create_app()"), needs=DISK, optional_needs=DISK),
    case("a-microblog", {
        "microblog.py": "from app import create_app, db, cli\nfrom app.models import User\napp = create_app()\ncli.register(app)\n\n@app.shell_context_processor\ndef make_shell_context():\n    return {'db': db, 'User': User}\n",
        "config.py": "import os\nfrom dotenv import load_dotenv\nbasedir = os.path.abspath(os.path.dirname(__file__))\nload_dotenv(os.path.join(basedir, '.env'))\nclass Config(object):\n    SECRET_KEY = os.environ.get('SECRET_KEY') or 'you-will-never-guess'\n    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL', '').replace('postgres://', 'postgresql://') or 'sqlite:///' + os.path.join(basedir, 'app.db')\n    MAIL_SERVER = os.environ.get('MAIL_SERVER')\n    MAIL_PORT = int(os.environ.get('MAIL_PORT') or 25)\n    REDIS_URL = os.environ.get('REDIS_URL') or 'redis://'\n",
        "app/__init__.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\nfrom flask_migrate import Migrate\nfrom redis import Redis\nimport rq\nfrom config import Config\ndb = SQLAlchemy()\nmigrate = Migrate()\ndef create_app(config_class=Config):\n    app = Flask(__name__)\n    app.config.from_object(config_class)\n    db.init_app(app)\n    migrate.init_app(app, db)\n    app.redis = Redis.from_url(app.config['REDIS_URL'])\n    app.task_queue = rq.Queue('microblog-tasks', connection=app.redis)\n    from app.main import bp\n    app.register_blueprint(bp)\n    if not app.debug and app.config['MAIL_SERVER']:\n        from logging.handlers import SMTPHandler\n        app.logger.addHandler(SMTPHandler(mailhost=(app.config['MAIL_SERVER'], app.config['MAIL_PORT']), fromaddr='no-reply', toaddrs=['a@b.c'], subject='Failure'))\n    return app\n",
        "app/main.py": "from flask import Blueprint\nfrom flask_login import login_required\nbp = Blueprint('main', __name__)\n@bp.route('/')\n@login_required\ndef index():\n    return 'hi'\n",
        "app/models.py": "from app import db\nclass User(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n",
        "app/cli.py": "def register(app):\n    pass\n", "app/tasks.py": "from app import create_app\napp = create_app()\napp.app_context().push()\n",
        "migrations/alembic.ini": "[alembic]\n", "migrations/env.py": "from alembic import context\n", "migrations/versions/1.py": "revision = '1'\n",
        "requirements.txt": "flask\nflask-sqlalchemy\nflask-migrate\nflask-login\nrq\nredis\npython-dotenv\ngunicorn\npsycopg2-binary\n",
        "Procfile": "web: flask db upgrade; gunicorn microblog:app\nworker: rq worker -u $REDIS_URL microblog-tasks\n",
        "Dockerfile": "FROM python:slim\nCOPY . .\nRUN pip install -r requirements.txt\nENV FLASK_APP microblog.py\nEXPOSE 5000\nENTRYPOINT [\"./boot.sh\"]\n",
        "boot.sh": "#!/bin/bash\nflask db upgrade\nexec gunicorn -b :5000 --access-logfile - --error-logfile - microblog:app\n"},
         **PY, package_manager="pip", start=wsgi("microblog:app"), needs=["redis"], processes=either({"web": "flask db upgrade; gunicorn microblog:app", "worker": "rq worker -u $REDIS_URL microblog-tasks"},
             {"web": "flask db upgrade; gunicorn microblog:app", "worker": "rq worker -u $REDIS_URL microblog-tasks", "release": like(r"^flask .*db upgrade$")})),
    case("a-flask-in-src", {
        "src/app.py": HELLO.replace("def home", "def hello") + "\n\nif __name__ == '__main__':\n    app.run(host='0.0.0.0', port=8000)\n", "src/templates/base.html": "<html></html>",
        "requirements.txt": "Flask~=3.0\n", "Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY src .\nEXPOSE 8000\nCMD [\"python\", \"app.py\"]\n"},
         **PY, package_manager="pip", start=either(wsgi("app:app", inside="src"), wsgi("src.app:app")), port=8000, needs=[]),
    case("a-flask-eb-application", {
        "application.py": "from flask import Flask\n\napplication = Flask(__name__)\n\n@application.route('/')\ndef index():\n    return 'Elastic'\n\nif __name__ == '__main__':\n    application.debug = True\n    application.run()\n",
        "requirements.txt": "Flask==2.3.3\n", ".ebextensions/options.config": "option_settings:\n  aws:elasticbeanstalk:container:python:\n    WSGIPath: application:application\n"},
         **PY, start=wsgi("application:application", "application"), needs=[]),
    case("a-flask-mysql-parts", {
        "app.py": "import os\nimport mysql.connector\nfrom flask import Flask, render_template, request\napp = Flask(__name__)\n\ndef get_connection():\n    return mysql.connector.connect(host=os.environ.get('MYSQL_HOST', 'db'), user=os.environ['MYSQL_USER'], password=os.environ['MYSQL_PASSWORD'], database=os.environ.get('MYSQL_DB', 'shop'))\n\n@app.route('/')\ndef index():\n    c = get_connection().cursor()\n    c.execute('select * from items')\n    return render_template('index.html', items=c.fetchall())\n\n@app.route('/healthz')\ndef healthz():\n    return 'ok'\n\nif __name__ == '__main__':\n    app.run(host='0.0.0.0')\n",
        "templates/index.html": "<ul></ul>", "requirements.txt": "flask\nmysql-connector-python\n",
        "docker-compose.yml": "services:\n  web:\n    build: .\n    ports: ['5000:5000']\n    environment:\n      MYSQL_USER: shop\n      MYSQL_PASSWORD: shop\n    depends_on: [db]\n  db:\n    image: mysql:8\n    environment:\n      MYSQL_DATABASE: shop\n  adminer:\n    image: adminer\n",
        "Dockerfile": "FROM python:3.11\nWORKDIR /code\nCOPY . .\nRUN pip install -r requirements.txt\nCMD python app.py\n"},
         **PY, start=either(wsgi("app:app"), "python app.py"), needs=["mysql"], optional_needs=[], health_path="/healthz"),
    case("a-flask-pymongo", {
        "run.py": "from api import app\n\nif __name__ == '__main__':\n    app.run(host='0.0.0.0', port=5000)\n",
        "api/__init__.py": "import os\nfrom flask import Flask\nfrom flask_pymongo import PyMongo\napp = Flask(__name__)\napp.config['MONGO_URI'] = os.getenv('MONGO_URI')\nmongo = PyMongo(app)\nfrom api import routes\n",
        "api/routes.py": "from api import app, mongo\nfrom flask import jsonify\n@app.route('/books')\ndef books():\n    return jsonify(list(mongo.db.books.find()))\n",
        "requirements.txt": "Flask==2.2.5\nFlask-PyMongo==2.3.0\n"},
         **PY, start=either(wsgi("run:app", "api:app"), "python run.py"), needs=["mongodb"], optional_needs=[]),
    case("a-flask-redis-counter", {
        "app.py": "import time\nimport redis\nfrom flask import Flask\n\napp = Flask(__name__)\ncache = redis.Redis(host='redis', port=6379)\n\n@app.route('/')\ndef hello():\n    return f'Hello! I have been seen {cache.incr(\"hits\")} times.\\n'\n",
        "requirements.txt": "flask\nredis\n", "Dockerfile": "FROM python:3.10-alpine\nWORKDIR /code\nENV FLASK_APP=app.py\nENV FLASK_RUN_HOST=0.0.0.0\nRUN apk add --no-cache gcc musl-dev linux-headers\nCOPY requirements.txt requirements.txt\nRUN pip install -r requirements.txt\nEXPOSE 5000\nCOPY . .\nCMD [\"flask\", \"run\", \"--debug\"]\n",
        "compose.yaml": "services:\n  web:\n    build: .\n    ports:\n      - '8000:5000'\n  redis:\n    image: 'redis:alpine'\n"},
         **PY, start=wsgi("app:app"), needs=["redis"], optional_needs=[]),
    case("a-flask-celery", {
        "app.py": "import os\nfrom celery import Celery\nfrom flask import Flask, request\napp = Flask(__name__)\ncelery = Celery('app', broker=os.environ.get('CELERY_BROKER_URL', 'redis://localhost:6379/0'), backend=os.environ.get('CELERY_RESULT_BACKEND', 'redis://localhost:6379/0'))\n\n@celery.task\ndef add(a, b):\n    return a + b\n\n@app.post('/add')\ndef post():\n    return add.delay(1, 2).id\n\n@app.get('/')\ndef index():\n    return 'ok'\n",
        "requirements.txt": "flask\ncelery[redis]\ngunicorn\n",
        "docker-compose.yml": "version: '3'\nservices:\n  web:\n    build: .\n    command: gunicorn app:app -b 0.0.0.0:5000\n    ports: ['5000:5000']\n  worker:\n    build: .\n    command: celery -A app.celery worker --loglevel=info\n  redis:\n    image: redis:7\n"},
         **PY, start=wsgi("app:app"), needs=["redis"], optional_needs=[]),
    case("a-flask-s3", {
        "app.py": "import os, boto3\nfrom flask import Flask, request, redirect\napp = Flask(__name__)\ns3 = boto3.client('s3')\nBUCKET = os.environ['S3_BUCKET']\n\n@app.route('/', methods=['GET'])\ndef index():\n    return '<form method=post enctype=multipart/form-data action=/upload><input type=file name=f></form>'\n\n@app.route('/upload', methods=['POST'])\ndef upload():\n    f = request.files['f']\n    s3.upload_fileobj(f, BUCKET, f.filename)\n    return redirect('/')\n",
        "requirements.txt": "flask\nboto3\ngunicorn\n", "Procfile": "web: gunicorn app:app\n"},
         **PY, start="gunicorn app:app", needs=["object-storage"], optional_needs=[]),
    case("a-flask-mail-required", {
        "app.py": "import os\nfrom flask import Flask, request\nfrom flask_mail import Mail, Message\napp = Flask(__name__)\napp.config.update(MAIL_SERVER=os.environ['MAIL_SERVER'], MAIL_PORT=int(os.environ['MAIL_PORT']), MAIL_USERNAME=os.environ['MAIL_USERNAME'], MAIL_PASSWORD=os.environ['MAIL_PASSWORD'], MAIL_USE_TLS=True)\nmail = Mail(app)\n\n@app.route('/')\ndef form():\n    return '<form method=post action=/send></form>'\n\n@app.route('/send', methods=['POST'])\ndef send():\n    mail.send(Message('Contact', recipients=['me@example.com'], body=request.form['body']))\n    return 'sent'\n",
        "requirements.txt": "Flask\nFlask-Mail\n"},
         **PY, start=wsgi("app:app"), needs=["smtp"], optional_needs=[], health_path="/"),
    case("a-flask-uploads", {
        "app.py": "import os\nfrom flask import Flask, request, send_from_directory\nfrom werkzeug.utils import secure_filename\nUPLOAD_FOLDER = os.path.join(os.getcwd(), 'uploads')\nos.makedirs(UPLOAD_FOLDER, exist_ok=True)\napp = Flask(__name__)\napp.config['UPLOAD_FOLDER'] = UPLOAD_FOLDER\n\n@app.route('/', methods=['GET', 'POST'])\ndef upload():\n    if request.method == 'POST':\n        f = request.files['file']\n        f.save(os.path.join(app.config['UPLOAD_FOLDER'], secure_filename(f.filename)))\n    return '<form method=post enctype=multipart/form-data></form>'\n\n@app.route('/uploads/<name>')\ndef get(name):\n    return send_from_directory(UPLOAD_FOLDER, name)\n",
        "requirements.txt": "flask\n"},
         **PY, start=wsgi("app:app"), needs=DISK, health_path="/"),
    case("a-flask-pipenv-run", {
        "Pipfile": "[[source]]\nurl = 'https://example.org/simple'\nverify_ssl = true\nname = 'main'\n\n[packages]\nflask = '*'\nflask-sqlalchemy = '*'\npsycopg2-binary = '*'\n\n[dev-packages]\npytest = '*'\n\n[requires]\npython_version = '3.11'\n\n[scripts]\nstart = 'flask run -p 3000 -h 0.0.0.0'\n",
        "Pipfile.lock": '{"_meta": {"requires": {"python_version": "3.11"}}, "default": {"flask": {"version": "==3.0.0"}, "psycopg2-binary": {"version": "==2.9.9"}}, "develop": {}}',
        "src/app.py": "import os\nfrom flask import Flask\nfrom models import db\napp = Flask(__name__)\ndb_url = os.getenv('DATABASE_URL')\nif db_url is not None:\n    app.config['SQLALCHEMY_DATABASE_URI'] = db_url.replace('postgres://', 'postgresql://')\nelse:\n    app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:////tmp/test.db'\ndb.init_app(app)\n\n@app.route('/')\ndef sitemap():\n    return 'ok'\n\nif __name__ == '__main__':\n    PORT = int(os.environ.get('PORT', 3000))\n    app.run(host='0.0.0.0', port=PORT, debug=False)\n",
        "src/models.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"},
         **PY, package_manager="pipenv", start=either(wsgi("app:app", inside="src"), like(r"python src/app.py")), needs=DISK),
    case("a-flask-poetry-src", {
        "pyproject.toml": "[tool.poetry]\nname = 'ledger-api'\nversion = '0.1.0'\ndescription = ''\nauthors = ['Ann <ann@example.org>']\npackages = [{include = 'ledger', from = 'src'}]\n\n[tool.poetry.dependencies]\npython = '^3.10'\nflask = '^3.0'\nsqlalchemy = '^2.0'\npsycopg = {extras = ['binary'], version = '^3.1'}\n\n[tool.poetry.group.dev.dependencies]\npytest = '*'\n\n[build-system]\nrequires = ['poetry-core']\nbuild-backend = 'poetry.core.masonry.api'\n",
        "poetry.lock": "[[package]]\nname = \"flask\"\nversion = \"3.0.0\"\n[[package]]\nname = \"psycopg\"\nversion = \"3.1.0\"\n",
        "src/ledger/__init__.py": "", "src/ledger/app.py": "import os\nfrom flask import Flask\nfrom sqlalchemy import create_engine\n\ndef create_app():\n    app = Flask(__name__)\n    app.engine = create_engine(os.environ['DATABASE_URL'])\n    from .views import bp\n    app.register_blueprint(bp)\n    return app\n",
        "src/ledger/views.py": "from flask import Blueprint\nbp = Blueprint('v', __name__)\n@bp.get('/health')\ndef health():\n    return {'status': 'ok'}\n"},
         **PY, package_manager="poetry", start=wsgi("ledger.app:create_app()", "src.ledger.app:create_app()"), needs=["postgresql"], health_path="/health"),
    case("a-flask-pdm", {
        "pyproject.toml": "[project]\nname = 'todo'\nversion = '0.1.0'\ndependencies = ['flask>=3', 'gunicorn>=22']\nrequires-python = '>=3.12'\n[tool.pdm]\ndistribution = false\n[tool.pdm.scripts]\nstart = 'gunicorn todo.web:app'\n",
        "pdm.lock": "[metadata]\ngroups = ['default']\n[[package]]\nname = \"flask\"\n", "todo/__init__.py": "", "todo/web.py": HELLO},
         **PY, package_manager="pdm", start=wsgi("todo.web:app"), needs=[], runtime_version=">=3.12"),
    case("a-flask-conda", {
        "environment.yml": "name: iris\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.10\n  - flask\n  - scikit-learn\n  - pip\n  - pip:\n      - gunicorn\n",
        "app.py": "import pickle\nfrom flask import Flask, request, render_template\napp = Flask(__name__)\nmodel = pickle.load(open('model.pkl', 'rb'))\n@app.route('/')\ndef home():\n    return render_template('index.html')\n@app.route('/predict', methods=['POST'])\ndef predict():\n    return str(model.predict([[1, 2]]))\nif __name__ == '__main__':\n    app.run(debug=True)\n",
        "model.pkl": b"\x80\x04K\x01.", "templates/index.html": "<form></form>", "train.ipynb": "{\"cells\": [], \"metadata\": {\"kernelspec\": {\"name\": \"python3\"}}, \"nbformat\": 4, \"nbformat_minor\": 5}"},
         **PY, package_manager="conda", start=wsgi("app:app"), needs=[]),
    case("a-flask-vercel", {
        "api/index.py": HELLO, "requirements.txt": "Flask==3.0.3\n", "vercel.json": '{"rewrites": [{"source": "/(.*)", "destination": "/api/index"}]}'},
         **PY, package_manager="pip", start=either(wsgi("api.index:app"), wsgi("index:app", inside="api")), needs=[]),
    case("a-flask-socketio", {
        "app.py": "from flask import Flask, render_template\nfrom flask_socketio import SocketIO, emit\napp = Flask(__name__)\nsocketio = SocketIO(app, cors_allowed_origins='*')\n\n@app.route('/')\ndef index():\n    return render_template('index.html')\n\n@socketio.on('message')\ndef handle(data):\n    emit('message', data, broadcast=True)\n\nif __name__ == '__main__':\n    socketio.run(app, host='0.0.0.0', port=5000)\n",
        "templates/index.html": "<script></script>", "requirements.txt": "flask\nflask-socketio\neventlet\ngunicorn\n", "Procfile": "web: gunicorn --worker-class eventlet -w 1 app:app\n"},
         **PY, start="gunicorn --worker-class eventlet -w 1 app:app", needs=[]),
    case("a-flask-restx-gunicorn-conf", {
        "wsgi.py": "from service import create_app\n\napplication = create_app()\n", "gunicorn.conf.py": "import multiprocessing\nbind = '0.0.0.0:8000'\nworkers = multiprocessing.cpu_count() * 2 + 1\n",
        "service/__init__.py": "from flask import Flask\nfrom flask_restx import Api\n\ndef create_app(config_name='production'):\n    app = Flask(__name__)\n    api = Api(app, doc='/docs')\n    from .pets import ns\n    api.add_namespace(ns)\n    return app\n", "service/pets.py": "from flask_restx import Namespace, Resource\nns = Namespace('pets')\n@ns.route('/')\nclass Pets(Resource):\n    def get(self):\n        return []\n",
        "requirements/base.txt": "flask\nflask-restx\n", "requirements/production.txt": "-r base.txt\ngunicorn\n", "requirements/dev.txt": "-r base.txt\npytest\n"},
         **PY, package_manager="pip", start=wsgi("wsgi:application", "wsgi"), needs=[]),
    case("a-flask-sqlite-file", {
        "app.py": "import sqlite3\nfrom flask import Flask, g, render_template\napp = Flask(__name__)\nDATABASE = 'database.db'\ndef get_db():\n    conn = sqlite3.connect(DATABASE)\n    conn.row_factory = sqlite3.Row\n    return conn\n@app.route('/')\ndef index():\n    posts = get_db().execute('SELECT * FROM posts').fetchall()\n    return render_template('index.html', posts=posts)\n",
        "init_db.py": "import sqlite3\nconnection = sqlite3.connect('database.db')\nwith open('schema.sql') as f:\n    connection.executescript(f.read())\n", "schema.sql": "DROP TABLE IF EXISTS posts;\nCREATE TABLE posts (id INTEGER PRIMARY KEY);\n", "templates/index.html": "", "requirements.txt": "Flask==2.0.1\n"},
         **PY, start=wsgi("app:app"), needs=DISK),
    case("a-flask-sqlalchemy-sqlite-literal-pg-listed", {
        "requirements.txt": "Flask==1.1.2\nFlask-SQLAlchemy==2.4.4\npsycopg2==2.8.6\ngunicorn==20.0.4\n", "Procfile": "web: gunicorn app:app\n",
        "app.py": "from flask import Flask, render_template, request\nfrom flask_sqlalchemy import SQLAlchemy\nimport os\n\napp = Flask(__name__)\n\nENV = 'prod'\n\nif ENV == 'dev':\n    app.debug = True\n    app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://postgres:123456@localhost/lexus'\nelse:\n    app.debug = False\n    app.config['SQLALCHEMY_DATABASE_URI'] = os.environ.get('DATABASE_URL')\n\napp.config['SQLALCHEMY_TRACK_MODIFICATIONS'] = False\ndb = SQLAlchemy(app)\n\n@app.route('/')\ndef index():\n    return render_template('index.html')\n", "templates/index.html": ""},
         **PY, start="gunicorn app:app", needs=["postgresql"], optional_needs=[]),
    case("a-flask-listed-never-served", {
        "requirements.txt": "flask\nrequests\nbeautifulsoup4\npandas\n", "scrape.py": "import requests\nfrom bs4 import BeautifulSoup\nimport pandas as pd\n\nrows = []\nfor page in range(1, 5):\n    soup = BeautifulSoup(requests.get(f'https://example.org/?page={page}').text, 'html.parser')\n    rows += [a.text for a in soup.select('h2 a')]\npd.DataFrame(rows).to_csv('out.csv')\nprint(len(rows), 'rows')\n", "README.md": "# Scraper\n\n    python scrape.py\n"},
         language="python", kind="cli", framework=None, package_manager="pip", start="python scrape.py", needs=[]),
    case("a-flask-waitress-main", {
        "requirements.txt": "flask\nwaitress\npython-dotenv\n", "weather.py": "import os\nimport requests\nfrom dotenv import load_dotenv\nload_dotenv()\n\ndef get_current_weather(city='Kansas City'):\n    return requests.get(f'https://api.example.org/data?appid={os.getenv(\"API_KEY\")}&q={city}').json()\n",
        "server.py": "from flask import Flask, render_template, request\nfrom weather import get_current_weather\nfrom waitress import serve\n\napp = Flask(__name__)\n\n@app.route('/')\n@app.route('/index')\ndef index():\n    return render_template('index.html')\n\n@app.route('/weather')\ndef get_weather():\n    return render_template('weather.html', w=get_current_weather(request.args.get('city')))\n\nif __name__ == '__main__':\n    serve(app, host='0.0.0.0', port=8000)\n", "templates/index.html": "", "templates/weather.html": ""},
         **PY, start=either(wsgi("server:app"), "python server.py"), needs=[], health_path="/"),
    case("a-flask-graphql-mongoengine", {
        "requirements.txt": "flask\nmongoengine\ngraphene\n", "app.py": "from flask import Flask\nfrom database import init_db\napp = Flask(__name__)\n@app.route('/status')\ndef status():\n    return 'up'\nif __name__ == '__main__':\n    init_db()\n    app.run()\n",
        "database.py": "from mongoengine import connect\nconnect('graphene-mongo-example', host='mongodb://localhost:27017/shop', alias='default')\ndef init_db():\n    pass\n"},
         **PY, needs=["mongodb"], optional_needs=[]),
    case("a-flask-limiter-redis-optional", {
        "requirements.txt": "flask\nflask-limiter\nredis\ngunicorn\n", "app.py": "import os\nfrom flask import Flask\nfrom flask_limiter import Limiter\nfrom flask_limiter.util import get_remote_address\napp = Flask(__name__)\nlimiter = Limiter(get_remote_address, app=app, storage_uri=os.environ.get('REDIS_URL', 'memory://'))\n@app.route('/')\n@limiter.limit('10/minute')\ndef index():\n    return 'hi'\n"},
         **PY, start=wsgi("app:app"), needs=[], optional_needs=["redis"]),
    case("a-quart", {
        "pyproject.toml": "[project]\nname = 'chat'\nversion = '0'\ndependencies = ['quart', 'hypercorn']\n", "chat/__init__.py": "", "chat/app.py": "from quart import Quart, websocket\napp = Quart(__name__)\n@app.get('/')\nasync def index():\n    return 'chat'\n@app.websocket('/ws')\nasync def ws():\n    while True:\n        await websocket.send(await websocket.receive())\n"},
         language="python", kind="web", framework="quart", package_manager="pip", start=asgi("chat.app:app"), needs=[]),
    case("a-flask-railway-json", {
        "requirements.txt": "flask\ngunicorn\n", "main.py": HELLO, "railway.json": '{"$schema": "https://example.org/schema.json", "build": {"builder": "NIXPACKS"}, "deploy": {"startCommand": "gunicorn main:app --workers 4", "healthcheckPath": "/", "restartPolicyType": "ON_FAILURE"}}'},
         **PY, start="gunicorn main:app --workers 4", health_path="/", needs=[]),
    case("a-flask-render-yaml", {
        "requirements.txt": "flask\ngunicorn\npsycopg2-binary\nFlask-SQLAlchemy\n", "core/__init__.py": "import os\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\napp.config['SQLALCHEMY_DATABASE_URI'] = os.environ['DATABASE_URL']\napp.secret_key = os.environ['SECRET_KEY']\ndb = SQLAlchemy(app)\n@app.get('/')\ndef i():\n    return 'x'\n",
        "build.sh": "#!/usr/bin/env bash\nset -o errexit\npip install -r requirements.txt\npython create_db.py\n", "create_db.py": "from core import db, app\nwith app.app_context():\n    db.create_all()\n",
        "render.yaml": "databases:\n  - name: pg\n    databaseName: shop\nservices:\n  - type: web\n    name: shop\n    runtime: python\n    buildCommand: ./build.sh\n    startCommand: gunicorn core:app\n    envVars:\n      - key: DATABASE_URL\n        fromDatabase:\n          name: pg\n          property: connectionString\n      - key: SECRET_KEY\n        generateValue: true\n"},
         **PY, start="gunicorn core:app", needs=["postgresql"], optional_needs=[]),
]  # fmt: skip
