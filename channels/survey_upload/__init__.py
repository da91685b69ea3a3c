"""Survey uploads: CSV, TSV and XLSX exports of survey tools and plain sheets, recognised by looking at them."""

from channels.survey_upload.adapter import SurveyUpload
from channels.survey_upload.shape import SurveyShape, describe_survey, look_at

__all__ = ["SurveyShape", "SurveyUpload", "describe_survey", "look_at"]
