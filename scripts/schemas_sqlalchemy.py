"""Applications that use SQLAlchemy, mostly with migrations by Alembic: OpenStack's services, and others."""

from schemas_model import Application
from schemas_python import PythonApplication

CONFIGURATION = "[DEFAULT]\nstate_path = $folder\n[database]\nconnection = $url\n"


def openstack(name: str, requirement: str, command: str, *models: str, configuration: str = CONFIGURATION) -> PythonApplication:
    """A service of OpenStack: its command reads a configuration file and migrates the database."""
    return PythonApplication(
        name=name, requirements=(requirement,), files=(("service.conf", configuration),), commands=(command,), models=models
    )


OPENSTACK = (
    openstack("aodh", "aodh==23.0.0", "aodh-dbsync --config-file service.conf", "aodh.storage.sqlalchemy.models"),
    openstack("barbican", "barbican==23.0.0", "barbican-db-manage -d $url upgrade", "barbican.model.models"),
    openstack("blazar", "blazar==18.0.0", "blazar-db-manage --config-file service.conf upgrade head", "blazar.db.sqlalchemy.models"),
    openstack("cinder", "cinder==29.0.0", "cinder-manage --config-file service.conf db sync", "cinder.db.sqlalchemy.models"),
    openstack("cloudkitty", "cloudkitty==25.0.0", "cloudkitty-dbsync --config-file service.conf upgrade", "cloudkitty.db.api"),
    openstack("cyborg", "openstack-cyborg==17.0.0", "cyborg-dbsync --config-file service.conf upgrade", "cyborg.db.sqlalchemy.models"),
    openstack(
        "designate",
        "designate==23.0.0",
        "designate-manage --config-file service.conf database sync",
        "designate.storage.sqlalchemy.tables",
        configuration="[storage:sqlalchemy]\nconnection = $url\n",
    ),
    openstack(
        "glance",
        "glance==33.0.0",
        "glance-manage --config-file service.conf db sync",
        "glance.db.sqlalchemy.models",
        "glance.db.sqlalchemy.models_metadef",
    ),
    openstack(
        "gnocchi",
        "gnocchi[mysql]==4.7.1",
        "gnocchi-upgrade --config-file service.conf --skip-storage --skip-incoming",
        "gnocchi.indexer.sqlalchemy_base",
        configuration="[indexer]\nurl = $url\n",
    ),
    openstack("heat", "openstack-heat==27.0.1", "heat-manage --config-file service.conf db_sync", "heat.db.models"),
    openstack("ironic", "ironic==39.0.0", "ironic-dbsync --config-file service.conf upgrade", "ironic.db.sqlalchemy.models"),
    openstack(
        "keystone",
        "keystone==30.0.0",
        "keystone-manage --config-file service.conf db_sync",
        *(
            f"keystone.{part}.backends.sql"
            for part in (
                "application_credential",
                "assignment",
                "catalog",
                "credential",
                "endpoint_policy",
                "federation",
                "identity",
                "limit",
                "oauth1",
                "policy",
                "resource",
                "revoke",
                "trust",
            )
        ),
        "keystone.assignment.role_backends.sql",
        "keystone.identity.mapping_backends.sql",
        "keystone.identity.shadow_backends.sql",
    ),
    openstack("magnum", "magnum==23.0.0", "magnum-db-manage --config-file service.conf upgrade", "magnum.db.sqlalchemy.models"),
    openstack("manila", "manila==23.0.1", "manila-manage --config-file service.conf db sync", "manila.db.sqlalchemy.models"),
    openstack(
        "masakari",
        "masakari==22.0.0",
        "masakari-manage --config-file service.conf db sync",
        "masakari.db.sqlalchemy.models",
        configuration=f"{CONFIGURATION}[taskflow]\nconnection = $url\n",
    ),
    openstack("mistral", "mistral==23.0.0", "mistral-db-manage --config-file service.conf upgrade head", "mistral.db.v2.sqlalchemy.models"),
    openstack(
        "neutron", "neutron==29.0.0", "neutron-db-manage --config-file service.conf upgrade heads", "neutron.db.migration.models.head"
    ),
    openstack(
        "nova",
        "nova==34.0.0",
        "nova-manage --config-file service.conf db sync --local_cell",
        "nova.db.main.models",
        configuration=f"{CONFIGURATION}[api_database]\nconnection = $url\n",
    ),
    openstack(
        "nova-api",
        "nova==34.0.0",
        "nova-manage --config-file service.conf api_db sync",
        "nova.db.api.models",
        configuration=f"{CONFIGURATION}[api_database]\nconnection = $url\n",
    ),
    openstack("octavia", "octavia==19.0.0", "octavia-db-manage --config-file service.conf upgrade head", "octavia.db.models"),
    openstack(
        "placement",
        "openstack-placement==16.0.0",
        "placement-manage --config-file service.conf db sync",
        "placement.db.sqlalchemy.models",
        configuration="[placement_database]\nconnection = $url\n",
    ),
    openstack("rally", "rally==5.1.1", "rally --config-file service.conf db create", "rally.common.db.models"),
    openstack("sahara", "sahara==19.0.0", "sahara-db-manage --config-file service.conf upgrade head", "sahara.db.sqlalchemy.models"),
    openstack("senlin", "senlin==16.0.0", "senlin-manage --config-file service.conf db_sync", "senlin.db.sqlalchemy.models"),
    openstack("tacker", "tacker==16.0.0", "tacker-db-manage --config-file service.conf upgrade head", "tacker.db.migration.models.head"),
    openstack("trove", "trove==26.0.0", "trove-manage --config-file service.conf db_sync"),
    openstack("vitrage", "vitrage==15.0.1", "vitrage-dbsync --config-file service.conf", "vitrage.storage.sqlalchemy.models"),
    openstack("watcher", "python-watcher==17.0.0", "watcher-db-manage --config-file service.conf upgrade", "watcher.db.sqlalchemy.models"),
    openstack("zun", "zun==18.0.0", "zun-db-manage --config-file service.conf upgrade", "zun.db.sqlalchemy.models"),
)

OTHERS = (
    PythonApplication(
        name="airflow",
        requirements=("apache-airflow==3.3.2", "aiomysql"),
        # it asks for mysqlclient, only to tell it how to write a timestamp
        files=(
            (
                "sitecustomize.py",
                "import contextlib, sys\n"
                "with contextlib.suppress(ImportError):\n"
                "    import pymysql.converters\n"
                "    pymysql.converters.DateTime2literal = pymysql.converters.escape_datetime\n"
                "    pymysql.install_as_MySQLdb()\n"
                "    sys.modules['MySQLdb.converters'] = pymysql.converters\n",
            ),
        ),
        environment=(
            ("AIRFLOW_HOME", "$folder"),
            ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "$url"),
            ("AIRFLOW__CORE__LOAD_EXAMPLES", "False"),
        ),
        commands=("airflow db migrate",),
        models=("airflow.models:import_all_models",),
    ),
    PythonApplication(
        name="buildbot",
        requirements=("buildbot==4.3.0",),
        files=(
            (
                "master.cfg",
                "from buildbot.plugins import schedulers, util, worker\n"
                'c = BuildmasterConfig = {"db": {"db_url": "$url"}, "workers": [worker.Worker("w", "secret")], "protocols": {"pb": {"port": 9989}},\n'
                '    "builders": [util.BuilderConfig(name="b", workernames=["w"], factory=util.BuildFactory())],\n'
                '    "schedulers": [schedulers.ForceScheduler(name="s", builderNames=["b"])], "buildbotNetUsageData": None}\n',
            ),
        ),
        commands=("buildbot create-master --db $url .", "buildbot upgrade-master ."),
        models=("buildbot.db.model",),
    ),
    PythonApplication(
        name="mlflow",
        requirements=("mlflow==3.17.2",),
        commands=("mlflow db upgrade $url",),
        models=("mlflow.store.tracking.dbmodels.models", "mlflow.store.model_registry.dbmodels.models"),
    ),
    PythonApplication(
        name="optuna",
        requirements=("optuna==5.0.0",),
        files=(("study.py", 'import optuna\noptuna.storages.RDBStorage("$url")\n'),),
        commands=("python study.py", "optuna storage upgrade --storage $url"),
        models=("optuna.storages._rdb.models",),
    ),
    PythonApplication(
        name="superset",
        kinds=("mysql",),  # on MariaDB, it creates a sequence in a syntax that MariaDB does not know
        requirements=("apache-superset==6.1.0", "rich", "flask-caching==2.3.1"),
        files=(("superset_config.py", f'SECRET_KEY = "{"x" * 50}"\nSQLALCHEMY_DATABASE_URI = "$url"\n'),),
        environment=(("FLASK_APP", "superset"), ("SUPERSET_CONFIG_PATH", "$folder/superset_config.py")),
        commands=("superset db upgrade",),
        models=("superset.app:create_app",),
    ),
)

SQLALCHEMY: tuple[Application, ...] = (*OPENSTACK, *OTHERS)
